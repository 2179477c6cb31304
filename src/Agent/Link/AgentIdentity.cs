using System.Security.Cryptography.X509Certificates;

namespace Slipway.Agent.Link;

/// <summary>Who this agent is to the control plane, and whom it trusts; replaced whole.</summary>
internal sealed class AgentIdentity
{
    /// <param name="file">The identity as it is stored.</param>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It cannot be read.</exception>
    public AgentIdentity(IdentityFile file)
    {
        File = file;
        Certificate = X509Certificate2.CreateFromPem(file.Certificate, file.Key);
        Roots.ImportFromPem(string.Join('\n', file.TrustBundle));
    }

    public IdentityFile File { get; }

    public string AgentId => File.AgentId;

    /// <summary>With its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The only roots that a control plane's certificate may come from.</summary>
    public X509Certificate2Collection Roots { get; } = [];

    public DateTimeOffset NotAfter => new(Certificate.NotAfter.ToUniversalTime());

    /// <summary>A point in the certificate's life: 0 is its beginning, 1 its end.</summary>
    public DateTimeOffset At(double share)
    {
        DateTimeOffset notBefore = new(Certificate.NotBefore.ToUniversalTime());
        return notBefore + ((NotAfter - notBefore) * share);
    }
}

/// <summary>An identity as it is stored: one file, so that key, certificate and roots always belong together.</summary>
/// <param name="AgentId">The control plane's id for this agent.</param>
/// <param name="Key">The private key, PEM.</param>
/// <param name="Certificate">PEM.</param>
/// <param name="TrustBundle">The roots, PEM each.</param>
internal sealed record IdentityFile(string AgentId, string Key, string Certificate, IReadOnlyList<string> TrustBundle)
{
    /// <summary>Without the key.</summary>
    public override string ToString() => AgentId;
}
