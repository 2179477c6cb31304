using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Tests.Integration.Agent.Link;

/// <summary>
/// A real gRPC server over TLS that keeps the promises of Agents and Registry strictly, and lets a test say what a
/// session hears: what a well-behaved control plane would not do on demand.
/// </summary>
internal sealed class StandInControlPlane : IAsyncDisposable
{
    public const string Secret = "s3cret";
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly WebApplication _app;

    private StandInControlPlane()
    {
        var request = new CertificateRequest("CN=Test CA", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority());
        Authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(30));

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen =>
            listen.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificate = ServerCertificate(),
                ClientCertificateMode = ClientCertificateMode.AllowCertificate,
                ClientCertificateValidation = (certificate, _, _) => IsOurs(certificate),
            })));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        _app = builder.Build();
        _app.MapGrpcService<AgentsService>();
        _app.MapGrpcService<RegistryService>();
        _app.MapGet("/v1/ca", () => Authority.ExportCertificatePem());
        _app.MapGet("/v1/blobs/{digest}", (string digest, HttpContext http) =>
            http.Connection.ClientCertificate is null ? Results.Unauthorized()
            : Blobs.TryGetValue(digest, out var blob) ? Results.Bytes(blob, enableRangeProcessing: true)
            : Results.NotFound());
    }

    public X509Certificate2 Authority { get; }

    public Uri Address => new(_app.Urls.First());

    public string Token =>
        $"sle1.{Convert.ToHexStringLower(SHA256.HashData(Authority.RawData))}.id1.{Secret}";

    /// <summary>How long certificates live from now on.</summary>
    public TimeSpan CertificateLife { get; set; } = TimeSpan.FromDays(7);

    /// <summary>What each enrolment is refused with, if anything.</summary>
    public Problem? EnrollProblem { get; set; }

    /// <summary>What the next session is refused with.</summary>
    public Problem? SessionProblem { get; set; }

    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(10);

    public ConcurrentQueue<V1.EnrollRequest> Enrollments { get; } = [];

    public Channel<V1.RenewRequest> Renewals { get; } = Channel.CreateUnbounded<V1.RenewRequest>();

    public Channel<StandInSession> Sessions { get; } = Channel.CreateUnbounded<StandInSession>();

    public ConcurrentDictionary<string, byte[]> Blobs { get; } = [];

    public static async Task<StandInControlPlane> StartAsync()
    {
        var server = new StandInControlPlane();
        await server._app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public Task<StandInSession> NextSessionAsync() => Sessions.Reader.ReadAsync(TestContext.Current.CancellationToken)
        .AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        Authority.Dispose();
        _key.Dispose();
    }

    private bool IsOurs(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    private X509Certificate2 ServerCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(
            Authority,
            DateTimeOffset.UtcNow.AddMinutes(-5),
            DateTimeOffset.UtcNow.AddDays(1),
            RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }

    private ByteString Issue(ByteString certificateRequest)
    {
        var request = CertificateRequest.LoadSigningRequest(certificateRequest.ToByteArray(), HashAlgorithmName.SHA256);
        using var certificate = request.Create(
            Authority,
            DateTimeOffset.UtcNow.AddSeconds(-1),
            DateTimeOffset.UtcNow + CertificateLife,
            RandomNumberGenerator.GetBytes(8));
        return ByteString.CopyFrom(certificate.RawData);
    }

#pragma warning disable CA1812 // the gRPC server makes it
    private sealed class AgentsService(StandInControlPlane server) : V1.Agents.AgentsBase
    {
        public override Task<V1.EnrollResponse> Enroll(V1.EnrollRequest request, ServerCallContext context)
        {
            server.Enrollments.Enqueue(request);
            if (server.EnrollProblem is { } problem)
            {
                throw problem.ToRpcException();
            }

            return request.Token == server.Token
                ? Task.FromResult(new V1.EnrollResponse
                {
                    AgentId = "0193-agent",
                    Certificate = server.Issue(request.CertificateRequest),
                    TrustBundle = { ByteString.CopyFrom(server.Authority.RawData) },
                })
                : throw new Problem(StatusCode.Unauthenticated, "TOKEN_INVALID", "Unknown.").ToRpcException();
        }

        public override async Task<V1.RenewResponse> Renew(V1.RenewRequest request, ServerCallContext context)
        {
            if (context.GetHttpContext().Connection.ClientCertificate is null)
            {
                throw new Problem(StatusCode.Unauthenticated, "NO_CERTIFICATE", "Who are you?").ToRpcException();
            }

            await server.Renewals.Writer.WriteAsync(request, context.CancellationToken);
            return new V1.RenewResponse
            {
                Certificate = server.Issue(request.CertificateRequest),
                TrustBundle = { ByteString.CopyFrom(server.Authority.RawData) },
            };
        }
    }

    private sealed class RegistryService(StandInControlPlane server) : V1.Registry.RegistryBase
    {
        public override async Task Session(
            IAsyncStreamReader<V1.AgentMessage> requestStream,
            IServerStreamWriter<V1.ControlMessage> responseStream,
            ServerCallContext context)
        {
            if (context.GetHttpContext().Connection.ClientCertificate is not { } certificate)
            {
                throw new Problem(StatusCode.Unauthenticated, "NO_CERTIFICATE", "Who are you?").ToRpcException();
            }

            if (server.SessionProblem is { } problem)
            {
                throw problem.ToRpcException();
            }

            Assert.True(await requestStream.MoveNext(context.CancellationToken));
            Assert.NotNull(requestStream.Current.Hello);
            await responseStream.WriteAsync(new()
            {
                Welcome = new()
                {
                    SessionId = "s1",
                    Epoch = 1,
                    HeartbeatInterval = Duration.FromTimeSpan(server.Heartbeat),
                },
            });
            var session = new StandInSession(
                requestStream.Current.Hello, certificate.Thumbprint, responseStream);
            await server.Sessions.Writer.WriteAsync(session, context.CancellationToken);
            await session.RunAsync(requestStream, context.CancellationToken);
        }
    }
#pragma warning restore CA1812
}
