using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;
using Slipway.ControlPlane.Hosting;

namespace Slipway.ControlPlane.Identity;

/// <summary>Opens the addresses: TLS, with the agents' certificates, and plain text on loopback if asked.</summary>
internal sealed class Listeners(IOptions<HostingOptions> hosting, IServiceProvider services)
    : IConfigureOptions<KestrelServerOptions>
{
    public void Configure(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        foreach (var endpoint in hosting.Value.TlsEndpoints())
        {
            options.Listen(endpoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(Secure);
            });
        }

        if (hosting.Value.InsecureEndpoint() is { } insecure)
        {
            options.Listen(insecure, listen => listen.UsePlainText());
        }
    }

    private void Secure(HttpsConnectionAdapterOptions https)
    {
        https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;

        // An expired certificate gets through, so that its agent is told what to do; the chain policy decides the rest.
        https.ClientCertificateValidation = (_, _, errors) => errors == System.Net.Security.SslPolicyErrors.None;

        // Asked for at each handshake: the authority is there only once the data directory is ours.
        https.OnAuthenticate = (_, tls) =>
        {
            tls.ServerCertificateSelectionCallback = null;
            tls.ServerCertificateContext = services.GetRequiredService<ServerCertificate>().Current;
            tls.CertificateChainPolicy = OnlyOurs(services.GetRequiredService<CertificateAuthority>().Certificate);
        };

        // Kestrel refuses to listen without one; OnAuthenticate takes it out.
        https.ServerCertificateSelector = (_, _) => null;
    }

    private static X509ChainPolicy OnlyOurs(X509Certificate2 authority) => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { authority },
        RevocationMode = X509RevocationMode.NoCheck,
        VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid,
        DisableCertificateDownloads = true,
    };
}
