using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;
using Slipway.ControlPlane.Hosting;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Identity;

/// <summary>Finds the caller of each request. What does not say that it is for everybody needs a known one.</summary>
internal sealed class CallerMiddleware(RequestDelegate next, Authenticator authenticator)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        var remoteAddress = context.Connection.RemoteIpAddress?.ToString() ?? "";
        context.Features.Set(Caller.Anonymous(remoteAddress));
        if (endpoint is null || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            await next(context);
            return;
        }

        try
        {
            context.Features.Set(await CallerOfAsync(context, remoteAddress));
        }
        catch (ProblemException refusal) when (endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is not null)
        {
            // The interceptor answers in gRPC's way.
            context.Features.Set(new RefusedCredentials(refusal.Problem));
        }
        catch (ProblemException refusal)
        {
            await ProblemResponse.From(refusal.Problem).ExecuteAsync(context);
            return;
        }

        await next(context);
    }

    private async Task<Caller> CallerOfAsync(HttpContext context, string remoteAddress)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (header.Length > 0)
        {
            DemandProtection(context);
            return header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
                ? await authenticator.OfTokenAsync(header["Bearer ".Length..], remoteAddress, context.RequestAborted)
                : throw Refused("TOKEN_INVALID", "The authorization must be 'Bearer' and a token.");
        }

        var certificate = context.Connection.ClientCertificate;
        return certificate is not null
            ? await authenticator.OfCertificateAsync(certificate, remoteAddress, context.RequestAborted)
            : throw Refused("CREDENTIALS_MISSING", "Send a token as 'authorization: Bearer slp1...', or log in first.");
    }

    private static void DemandProtection(HttpContext context)
    {
        var address = context.Connection.LocalIpAddress;
        if (!context.Request.IsHttps && address is not null && !System.Net.IPAddress.IsLoopback(address))
        {
            throw Refused("TLS_REQUIRED", "A token must not travel in plain text: use https, and revoke this token.");
        }
    }

    private static ProblemException Refused(string reason, string message) =>
        new(new Problem(StatusCode.Unauthenticated, reason, message));
}

/// <summary>Why a gRPC call's credentials were not taken.</summary>
internal sealed record RefusedCredentials(Problem Problem);
