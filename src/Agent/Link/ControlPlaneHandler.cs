using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Slipway.Agent.Link;

/// <summary>Makes connections to the control plane.</summary>
internal static class ControlPlaneHandler
{
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Trusts the identity's roots alone and shows its certificate.</summary>
    public static SocketsHttpHandler Mutual(AgentIdentity identity)
    {
        var handler = Trusting(identity.Roots);
        handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(
            identity.Certificate, additionalCertificates: null, offline: true);
        return handler;
    }

    /// <summary>Trusts these roots alone and shows no certificate.</summary>
    public static SocketsHttpHandler Trusting(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(roots);
        var handler = Plain();
        handler.SslOptions.CertificateChainPolicy = policy;
        return handler;
    }

    /// <summary>Trusts anybody: for the one request whose answer is checked against the token's digest.</summary>
    public static SocketsHttpHandler Unverified()
    {
        var handler = Plain();
#pragma warning disable CA5359 // the answer is a certificate that is compared with the digest in the enrolment token
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        return handler;
    }

    private static SocketsHttpHandler Plain() => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = System.Net.DecompressionMethods.None,
        ConnectTimeout = ConnectTimeout,
        KeepAlivePingDelay = PingAfter,
        KeepAlivePingTimeout = PingTimeout,
        UseCookies = false,
        UseProxy = false,
    };
}
