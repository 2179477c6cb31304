using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Connections;

/// <summary>Learns the control plane's own certificate authority, and then trusts nothing else.</summary>
internal static class PinnedAuthority
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const int MaxCertificateBytes = 64 * 1024;

    /// <summary>Fetches the authority's certificate; not the connection but the digest vouches for it.</summary>
    /// <exception cref="ProblemException">It is not the authority that the token was made by.</exception>
    public static async Task<string> FetchAsync(Uri server, AccessToken token, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(10) };
#pragma warning disable CA5359 // What comes over this one connection is compared with a digest that the user brought.
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        using var http = new HttpClient(handler)
        {
            MaxResponseContentBufferSize = MaxCertificateBytes,
            Timeout = TimeSpan.FromSeconds(20),
        };
        using var response = await http.GetAsync(new Uri(server, "/v1/ca"), cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw NotTheOne($"{server} answered {(int)response.StatusCode} to /v1/ca; is a control plane there?");
        }

        var pem = await response.Content.ReadAsStringAsync(cancellationToken);
        using var certificate = Load(pem, server);
        var digest = Convert.ToHexStringLower(SHA256.HashData(certificate.RawData));
        return CryptographicOperations.FixedTimeEquals(
            Convert.FromHexString(digest), Convert.FromHexString(token.AuthorityDigest))
            ? certificate.ExportCertificatePem()
            : throw NotTheOne(
                $"{server} is not the control plane that the token belongs to: its authority has the digest "
                + $"{digest[..12]}…, the token names {token.AuthorityDigest[..12]}…; check the address, or get "
                + "a new token");
    }

    /// <summary>Accepts only a server certificate of this authority, for the name that was asked for.</summary>
    public static SslClientAuthenticationOptions OptionsFor(string pem, Uri server) => new()
    {
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { Load(pem, server) },
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            ApplicationPolicy = { new Oid(ServerAuthentication) },
        },
    };

    private static X509Certificate2 Load(string pem, Uri server)
    {
        try
        {
            return X509Certificate2.CreateFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new ProblemException(
                new Problem(
                    StatusCode.Unauthenticated, "AUTHORITY_MISMATCH", $"{server} sent no certificate: {e.Message}"),
                e);
        }
    }

    private static ProblemException NotTheOne(string message) =>
        new(new Problem(StatusCode.Unauthenticated, "AUTHORITY_MISMATCH", message));
}
