using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Slipway.ControlPlane.Identity;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Tests.Integration.ControlPlane.Identity;

public sealed class IdentityTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_administrator_token_is_written_for_its_owner_only()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);

        var token = await WhoAmIAsync(host.AdminToken, host);

        Assert.Equal(["admin"], token.Scopes);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(host.Folder, "admin.token")));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(host.Folder, "pki", "ca.pem")));
    }

    [Fact]
    public async Task A_restart_keeps_the_authority_and_the_tokens()
    {
        await using var first = await ControlPlaneHost.StartAsync(Cancelled);
        await first.StopAsync(Cancelled);
        var written = await File.ReadAllBytesAsync(Path.Combine(first.Folder, "admin.token"), Cancelled);

        first.Release();
        await using var second = await ControlPlaneHost.StartAsync(Cancelled, folder: first.Folder);
        var now = await File.ReadAllBytesAsync(Path.Combine(first.Folder, "admin.token"), Cancelled);

        Assert.Equal(first.Authority.Thumbprint, second.Authority.Thumbprint);
        Assert.Equal(written, now);
        Assert.Equal(["admin"], (await WhoAmIAsync(first.AdminToken, second)).Scopes);
    }

    [Fact]
    public async Task The_authority_is_given_to_everybody_and_is_what_the_tokens_name()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);
        using var client = host.HttpClient();

        var pem = await client.GetStringAsync(new Uri("/v1/ca", UriKind.Relative), Cancelled);

        using var authority = X509Certificate2.CreateFromPem(pem);
        var digest = Convert.ToHexStringLower(SHA256.HashData(authority.RawData));
        Assert.Equal(digest, host.AdminToken.Split('.')[1]);
    }

    [Fact]
    public async Task A_stranger_gets_no_further_than_health()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);
        using var client = host.HttpClient();

        var refusal = await Assert.ThrowsAsync<RpcException>(async () =>
            await new V1.Agents.AgentsClient(host.Anonymous()).ListAsync(new(), cancellationToken: Cancelled));
        var health = await new Health.HealthClient(host.Anonymous()).CheckAsync(new(), cancellationToken: Cancelled);
        var metrics = await client.GetAsync(new Uri("/metrics", UriKind.Relative), Cancelled);
        var healthz = await client.GetAsync(new Uri("/healthz", UriKind.Relative), Cancelled);

        Assert.Equal("CREDENTIALS_MISSING", Problem.From(refusal).Reason);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
        Assert.Equal(HttpStatusCode.Unauthorized, metrics.StatusCode);
        Assert.Equal(HttpStatusCode.OK, healthz.StatusCode);
    }

    [Theory]
    [InlineData("slp1.x.y.z")]
    [InlineData("secret")]
    [InlineData("sle1.a.b.c")]
    public async Task A_token_that_is_none_is_refused(string token)
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);

        Assert.Equal((StatusCode.Unauthenticated, "TOKEN_INVALID"), await RefusalOfAsync(token, host));
    }

    [Fact]
    public async Task A_token_with_another_secret_is_refused()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);
        var forged = string.Join('.', [.. host.AdminToken.Split('.')[..3], "AAAA"]);

        Assert.Equal((StatusCode.Unauthenticated, "TOKEN_INVALID"), await RefusalOfAsync(forged, host));
    }

    [Fact]
    public async Task A_revoked_token_and_an_expired_one_are_refused()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var host = await ControlPlaneHost.StartAsync(
            Cancelled, builder => builder.Services.AddSingleton<TimeProvider>(time));
        var tokens = new V1.Tokens.TokensClient(host.Admin);
        var brief = await CreateAsync(tokens, "brief", TimeSpan.FromMinutes(5), "read");
        var revoked = await CreateAsync(tokens, "revoked", TimeSpan.FromDays(5), "read");

        await tokens.RevokeAsync(new V1.RevokeTokenRequest { Id = "revoked" }, cancellationToken: Cancelled);
        time.Advance(TimeSpan.FromMinutes(6));

        Assert.Equal((StatusCode.Unauthenticated, "TOKEN_EXPIRED"), await RefusalOfAsync(brief, host));
        Assert.Equal((StatusCode.Unauthenticated, "TOKEN_INVALID"), await RefusalOfAsync(revoked, host));
    }

    [Fact]
    public async Task A_token_may_do_what_its_scopes_say()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);
        var tokens = new V1.Tokens.TokensClient(host.Admin);
        var reader = await CreateAsync(tokens, "reader", TimeSpan.FromDays(1), "read");
        var channel = host.ChannelWithToken(reader);

        var agents = await new V1.Agents.AgentsClient(channel).ListAsync(new(), cancellationToken: Cancelled);
        var refusal = await Assert.ThrowsAsync<RpcException>(async () =>
            await new V1.Tokens.TokensClient(channel).ListAsync(new(), cancellationToken: Cancelled));

        Assert.Empty(agents.Agents);
        Assert.Equal((StatusCode.PermissionDenied, "PERMISSION_DENIED"),
            (refusal.StatusCode, Problem.From(refusal).Reason));
    }

    [Fact]
    public async Task A_certificate_of_another_authority_does_not_get_through_the_handshake()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);
        using var foreign = Foreign(new Uri($"spiffe://slipway/agent/{Guid.CreateVersion7()}"));

        var refusal = await Assert.ThrowsAsync<RpcException>(async () =>
            await new V1.Agents.AgentsClient(host.ChannelWithCertificate(foreign))
                .ListAsync(new(), cancellationToken: Cancelled));

        Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
    }

    [Fact]
    public async Task An_agent_that_this_database_does_not_know_is_refused()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = host.Services.GetRequiredService<CertificateAuthority>();
        using var bare = authority.IssueForAgent(new PublicKey(key), new AgentIdentity(Guid.CreateVersion7()), "ghost");
        using var certificate = bare.CopyWithPrivateKey(key);

        var refusal = await Assert.ThrowsAsync<RpcException>(async () =>
            await new V1.Agents.AgentsClient(host.ChannelWithCertificate(certificate))
                .RenewAsync(new(), cancellationToken: Cancelled));

        Assert.Equal((StatusCode.Unauthenticated, "AGENT_REMOVED"), (refusal.StatusCode, Problem.From(refusal).Reason));
    }

    [Fact]
    public async Task The_servers_certificate_is_renewed_without_a_restart()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow() - TimeSpan.FromDays(80));
        await using var host = await ControlPlaneHost.StartAsync(
            Cancelled, builder => builder.Services.AddSingleton<TimeProvider>(time));
        var server = host.Services.GetRequiredService<ServerCertificate>();
        var before = server.Current.TargetCertificate.Thumbprint;

        time.Advance(TimeSpan.FromDays(61));
        for (var hour = 0; hour < 500 && server.Current.TargetCertificate.Thumbprint == before; hour++)
        {
            // Its timer may not be there yet at the first of these hours.
            time.Advance(TimeSpan.FromHours(1));
            await Task.Delay(TimeSpan.FromMilliseconds(20), Cancelled);
        }

        Assert.NotEqual(before, server.Current.TargetCertificate.Thumbprint);
        Assert.Equal(["admin"], (await WhoAmIAsync(host.AdminToken, host)).Scopes);
    }

    private static X509Certificate2 Foreign(Uri name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=foreign", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(name);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
    }

    private static async Task<string> CreateAsync(
        V1.Tokens.TokensClient tokens,
        string name,
        TimeSpan life,
        string scope)
    {
        var request = new V1.CreateTokenRequest
        {
            Name = name,
            Scopes = { scope },
            TimeToLive = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(life),
        };
        return (await tokens.CreateAsync(request, cancellationToken: Cancelled)).Token;
    }

    private static async Task<V1.Token> WhoAmIAsync(string token, ControlPlaneHost host) =>
        await new V1.Tokens.TokensClient(host.ChannelWithToken(token)).WhoAmIAsync(new(), cancellationToken: Cancelled);

    private static async Task<(StatusCode Code, string Reason)> RefusalOfAsync(string token, ControlPlaneHost host)
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(() => WhoAmIAsync(token, host));
        return (refusal.StatusCode, Problem.From(refusal).Reason);
    }
}
