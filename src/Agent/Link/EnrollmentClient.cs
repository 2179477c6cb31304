using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Slipway.Agent.Link;

/// <summary>Gets certificates: the first one for a token, later ones for the one before.</summary>
internal sealed class EnrollmentClient(Uri controlPlane, HostFacts facts, TimeProvider timeProvider)
{
    private const int LargestAuthority = 64 * 1024;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(15);

    /// <summary>Trades the token for an identity. With the same key it can be asked again.</summary>
    public async Task<IdentityFile> EnrollAsync(EnrollmentToken token, ECDsa key, CancellationToken cancellationToken)
    {
        using var authority = await FetchAuthorityAsync(token, cancellationToken);
        using var channel = Open(ControlPlaneHandler.Trusting([authority]));
        var request = new V1.EnrollRequest
        {
            AgentVersion = facts.AgentVersion,
            CertificateRequest = ByteString.CopyFrom(RequestFor(key)),
            MachineId = facts.MachineId,
            Name = facts.Name,
            Platform = Platform.Current.Value,
            Token = token.Secret,
        };
        var response = await new V1.Agents.AgentsClient(channel).EnrollAsync(
            request, deadline: DeadlineFromNow(), cancellationToken: cancellationToken);
        return Identity(response.AgentId, key, response.Certificate, response.TrustBundle);
    }

    /// <summary>A fresh certificate, for a fresh key.</summary>
    public async Task<IdentityFile> RenewAsync(AgentIdentity identity, CancellationToken cancellationToken)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var channel = Open(ControlPlaneHandler.Mutual(identity));
        var request = new V1.RenewRequest { CertificateRequest = ByteString.CopyFrom(RequestFor(key)) };
        var response = await new V1.Agents.AgentsClient(channel).RenewAsync(
            request, deadline: DeadlineFromNow(), cancellationToken: cancellationToken);
        return Identity(identity.AgentId, key, response.Certificate, response.TrustBundle);
    }

    private static IdentityFile Identity(
        string agentId, ECDsa key, ByteString certificate, IEnumerable<ByteString> trustBundle)
    {
        var roots = trustBundle.Select(Pem).ToArray();
        return agentId.Length > 0 && certificate.Length > 0 && roots.Length > 0
            ? new(agentId, key.ExportPkcs8PrivateKeyPem(), Pem(certificate), roots)
            : throw new ProblemException(new(
                StatusCode.Internal, "BAD_ANSWER", "The answer lacks id, certificate or trust bundle."));
    }

    private static string Pem(ByteString certificate) => PemEncoding.WriteString("CERTIFICATE", certificate.Span);

    private byte[] RequestFor(ECDsa key) =>
        new CertificateRequest($"CN={SafeName(facts.Name)}", key, HashAlgorithmName.SHA256).CreateSigningRequest();

    // The control plane decides on the subject; this one must only be a valid name.
    private static string SafeName(string name) =>
        string.Concat(name.Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.')) is { Length: > 0 } safe
            ? safe[..Math.Min(safe.Length, 64)]
            : "agent";

    // The only request to a peer that has not proved anything: its answer is compared with the token's digest.
    private async Task<X509Certificate2> FetchAuthorityAsync(EnrollmentToken token, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(ControlPlaneHandler.Unverified())
        {
            Timeout = Deadline,
            MaxResponseContentBufferSize = LargestAuthority,
        };
        using var response = await client.GetAsync(new Uri(controlPlane, "/v1/ca"), cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw new ProblemException(new(
                StatusCode.Unavailable,
                "NO_AUTHORITY",
                $"{controlPlane}v1/ca answered {(int)response.StatusCode}; is that a Slipway control plane?"));
        }

        var authority = Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        if (authority?.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant() == token.AuthorityDigest)
        {
            return authority;
        }

        authority?.Dispose();
        throw new ProblemException(new(
            StatusCode.PermissionDenied,
            "UNTRUSTED_CONTROL_PLANE",
            $"{controlPlane} is not the control plane that the enrolment token comes from: its CA has another digest. "
            + "Check the address, or make a token there."));
    }

    private static X509Certificate2? Parse(string pem)
    {
        try
        {
            return X509Certificate2.CreateFromPem(pem);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private GrpcChannel Open(SocketsHttpHandler handler) =>
        GrpcChannel.ForAddress(controlPlane, new() { HttpHandler = handler, DisposeHttpClient = true });

    private DateTime DeadlineFromNow() => timeProvider.GetUtcNow().UtcDateTime + Deadline;
}
