using System.Text.Json.Nodes;
using Tests.Integration.ControlPlane;

namespace Tests.Integration.Deployctl;

public class LoginTests
{
    private static CancellationToken Ended => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_login_is_remembered_in_a_file_that_only_its_owner_may_read()
    {
        await using var host = await ControlPlaneHost.StartAsync(Ended);
        using var user = new Operator();

        var (exitCode, output, error) = await user.RunAsync(
            ["login", host.Address.AbsoluteUri, "--name", "test"], Ended, host.AdminToken);

        Assert.Equal(0, exitCode);
        Assert.DoesNotContain(host.AdminToken, output + error, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(user.ContextsFile));
        var who = JsonNode.Parse(await user.DoAsync("whoami", "-o", "json"))!;
        Assert.Equal("admin", (string?)who["scopes"]![0]);
        Assert.Equal("test", (string?)who["context"]);
        Assert.Equal("test\n", await user.DoAsync("context", "list", "-q"));
        await user.DoAsync("logout");
        Assert.Equal(5, (await user.RunAsync("whoami")).ExitCode);
    }

    [Fact]
    public async Task A_control_plane_that_is_somebody_elses_never_sees_the_token()
    {
        await using var host = await ControlPlaneHost.StartAsync(Ended);
        await using var other = await ControlPlaneHost.StartAsync(Ended);
        using var user = Operator.Of(host);
        user["SLIPWAY_SERVER"] = other.Address.AbsoluteUri;

        var (exitCode, _, error) = await user.RunAsync("whoami", "-o", "json");

        Assert.Equal(5, exitCode);
        Assert.Equal("AUTHORITY_MISMATCH", (string?)JsonNode.Parse(error)!["reason"]);
    }

    [Fact]
    public async Task A_host_whose_name_is_not_in_the_certificate_is_refused()
    {
        await using var host = await ControlPlaneHost.StartAsync(Ended);
        using var user = Operator.Of(host);
        await using var forwarder = PortForwarder.Start("127.0.0.2", host.Address.Port);
        user["SLIPWAY_SERVER"] = $"https://127.0.0.2:{forwarder.Port}";

        var (exitCode, _, error) = await user.RunAsync("whoami", "-o", "json");

        Assert.Equal(5, exitCode);
        Assert.Equal("UNTRUSTED_CERTIFICATE", (string?)JsonNode.Parse(error)!["reason"]);
    }

    [Fact]
    public async Task A_scoped_token_may_do_what_its_scopes_say_until_it_is_revoked()
    {
        await using var host = await ControlPlaneHost.StartAsync(Ended);
        using var admin = Operator.Of(host);
        using var ci = Operator.Of(host);
        var created = JsonNode.Parse(
            await admin.DoAsync("token", "create", "ci", "--scope", "read", "--ttl", "1h", "-o", "json"))!;
        ci["SLIPWAY_TOKEN"] = (string)created["token"]!;

        Assert.Contains("name: ci\n", await ci.DoAsync("whoami"), StringComparison.Ordinal);
        Assert.Equal(5, (await ci.RunAsync("token", "create", "more", "--scope", "admin")).ExitCode);
        await admin.DoAsync("token", "revoke", (string)created["details"]!["id"]!);

        Assert.Equal(5, (await ci.RunAsync("whoami")).ExitCode);
        var audit = JsonNode.Parse(await admin.DoAsync("audit", "list", "--verb", "token.create", "-o", "json"))!;
        Assert.Contains(audit.AsArray(), entry => (string?)entry!["outcome"] == "allowed");
    }

    [Fact]
    public async Task Agents_are_listed_and_an_unknown_one_is_not_found()
    {
        await using var host = await ControlPlaneHost.StartAsync(Ended);
        using var admin = Operator.Of(host);

        var token = await admin.DoAsync("agent", "token", "create", "--label", "env=production", "-q");

        Assert.StartsWith("sle1.", token, StringComparison.Ordinal);
        Assert.Equal("[]\n", await admin.DoAsync("agent", "list", "-o", "json"));
        Assert.Equal(3, (await admin.RunAsync("agent", "get", "nobody")).ExitCode);
    }
}
