using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slipway.Shared.Storage;

namespace Slipway.ControlPlane.Identity;

/// <summary>Signs the certificates of the agents and of this server. Its key never leaves the data directory.</summary>
internal sealed class CertificateAuthority : IDisposable
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    private static readonly TimeSpan Backdated = TimeSpan.FromHours(1);
    private static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(3650);
    private static readonly TimeSpan AgentLife = TimeSpan.FromDays(7);
    private static readonly TimeSpan ServerLife = TimeSpan.FromDays(90);

    private readonly TimeProvider _time;

    private CertificateAuthority(X509Certificate2 certificate, TimeProvider time)
    {
        Certificate = certificate;
        _time = time;
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>SHA-256 of the certificate, in hexadecimal digits: what tokens carry.</summary>
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(Certificate.RawData));

    /// <summary>Loads the authority from its file, or makes one on the first start.</summary>
    public static CertificateAuthority Open(string dataDirectory, TimeProvider time)
    {
        var folder = Path.Combine(dataDirectory, "pki");
        var path = Path.Combine(folder, "ca.pem");
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(
                folder,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

            // Key and certificate in one file: there is no moment at which only one of them is there.
            AtomicFile.Write(path, System.Text.Encoding.ASCII.GetBytes(Create(time)));
        }

        return new CertificateAuthority(X509Certificate2.CreateFromPemFile(path, path), time);
    }

    /// <summary>A certificate for the agent's own key.</summary>
    public X509Certificate2 IssueForAgent(PublicKey key, AgentIdentity agent, string name)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(agent.ToUri());
        return Issue(key, name, names, ClientUse, AgentLife);
    }

    /// <summary>A certificate with a fresh key, for these host names and addresses.</summary>
    public X509Certificate2 IssueForServer(IEnumerable<string> hostNames)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in hostNames)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(name);
            }
        }

        using var certificate = Issue(new PublicKey(key), "slipway-control-plane", names, ServerUse, ServerLife);
        return certificate.CopyWithPrivateKey(key);
    }

    public void Dispose() => Certificate.Dispose();

    private static string Create(TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        var request = new CertificateRequest($"CN=Slipway CA {id}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            X509BasicConstraintsExtension.CreateForCertificateAuthority(pathLengthConstraint: 0));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = time.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now - Backdated, now + AuthorityLife);
        return $"{key.ExportPkcs8PrivateKeyPem()}\n{certificate.ExportCertificatePem()}\n";
    }

    private X509Certificate2 Issue(
        PublicKey key,
        string commonName,
        SubjectAlternativeNameBuilder names,
        string use,
        TimeSpan life)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(commonName);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForEndEntity(critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], critical: false));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
                Certificate,
                includeKeyIdentifier: true,
                includeIssuerAndSerial: false));

        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7F;
        serial[0] |= 0x01;
        var now = _time.GetUtcNow();
        using var authorityKey = Certificate.GetECDsaPrivateKey()!;
        return request.Create(
            Certificate.SubjectName,
            X509SignatureGenerator.CreateForECDsa(authorityKey),
            now - Backdated,
            now + life,
            serial);
    }
}
