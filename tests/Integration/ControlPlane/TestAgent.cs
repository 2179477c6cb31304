using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using V1 = Slipway.Contracts.V1;

namespace Tests.Integration.ControlPlane;

/// <summary>A host that has enrolled: its key, its certificate, and what it was told.</summary>
internal sealed class TestAgent : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string Name { get; private init; } = "";

    public Guid Id { get; private set; }

    /// <summary>With the private key.</summary>
    public X509Certificate2 Certificate { get; private set; } = null!;

    /// <summary>Enrols a new host with a token of its own.</summary>
    public static async Task<TestAgent> EnrollAsync(
        ControlPlaneHost host,
        string name,
        IReadOnlyDictionary<string, string>? labels = null)
    {
        var request = new V1.CreateEnrollmentTokenRequest();
        request.Labels.Add((labels ?? new Dictionary<string, string>()).ToDictionary());
        var token = await new V1.Agents.AgentsClient(host.Admin).CreateTokenAsync(
            request,
            cancellationToken: TestContext.Current.CancellationToken);
        var agent = new TestAgent { Name = name };
        await agent.EnrollAsync(host, token.Token);
        return agent;
    }

    /// <summary>A host that has not enrolled yet.</summary>
    public static TestAgent Stranger(string name) => new() { Name = name };

    public async Task EnrollAsync(ControlPlaneHost host, string token)
    {
        var response = await new V1.Agents.AgentsClient(host.Anonymous()).EnrollAsync(
            new V1.EnrollRequest
            {
                Token = token,
                Name = Name,
                CertificateRequest = ByteString.CopyFrom(SigningRequest()),
                MachineId = $"machine-of-{Name}",
                Platform = "linux/amd64",
                AgentVersion = "1.0.0",
            },
            cancellationToken: TestContext.Current.CancellationToken);
        Take(response.Certificate);
        Id = Guid.Parse(response.AgentId);
    }

    public async Task RenewAsync(ControlPlaneHost host)
    {
        var response = await new V1.Agents.AgentsClient(host.ChannelWithCertificate(Certificate)).RenewAsync(
            new V1.RenewRequest { CertificateRequest = ByteString.CopyFrom(SigningRequest()) },
            cancellationToken: TestContext.Current.CancellationToken);
        Take(response.Certificate);
    }

    public byte[] SigningRequest() =>
        new CertificateRequest($"CN={Name}", _key, HashAlgorithmName.SHA256).CreateSigningRequest();

    public void Dispose()
    {
        Certificate?.Dispose();
        _key.Dispose();
    }

    private void Take(ByteString certificate)
    {
        using var bare = X509CertificateLoader.LoadCertificate(certificate.Span);
        Certificate = bare.CopyWithPrivateKey(_key);
    }
}
