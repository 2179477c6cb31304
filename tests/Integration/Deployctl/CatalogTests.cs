using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Tests.Integration.ControlPlane;

namespace Tests.Integration.Deployctl;

public class CatalogTests
{
    private const string Manifest =
        """
        kind: Environment
        application: shop
        name: production
        selector: { env: production }
        policy: { constraint: ">=1.0" }
        strategy: { rolling: { batch_size: 25%, max_unavailable: 1 }, bake: 10s }
        ---
        kind: Application
        name: shop
        server:
          command: [./bin/shop]
          listen: [{ name: http, address: 127.0.0.1:8080 }]
          readiness: { http: { path: /healthz } }
          stop_grace: 30s

        """;

    private static CancellationToken Ended => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_manifest_says_is_applied_and_each_difference_is_shown()
    {
        await using var host = await ControlPlaneHost.StartAsync(Ended);
        using var admin = Operator.Of(host);
        var file = admin.Write("shop.yaml", Manifest);

        var dry = await admin.DoAsync("apply", "-f", file, "--dry-run");
        Assert.Contains("application shop: would be created", dry, StringComparison.Ordinal);
        Assert.Contains("environment shop/production: would be created", dry, StringComparison.Ordinal);
        Assert.Equal("[]\n", await admin.DoAsync("application", "list", "-o", "json"));

        var first = await admin.DoAsync("apply", "-f", file);
        Assert.Contains("application shop: created", first, StringComparison.Ordinal);
        Assert.Contains("  + server.command[0]: ./bin/shop", first, StringComparison.Ordinal);

        var second = await admin.DoAsync("apply", "-f", admin.Home);
        Assert.Equal("application shop: unchanged\nenvironment shop/production: unchanged\n", second);

        admin.Write("shop.yaml", Manifest.Replace("stop_grace: 30s", "stop_grace: 45s", StringComparison.Ordinal));
        var third = await admin.DoAsync("apply", "-f", file);
        Assert.Contains("application shop: changed\n  ~ server.stop_grace: ", third, StringComparison.Ordinal);
        Assert.Equal("production\n", await admin.DoAsync("environment", "list", "--application", "shop", "-q"));
    }

    [Fact]
    public async Task What_get_shows_can_be_applied_until_somebody_else_changes_it()
    {
        await using var host = await ControlPlaneHost.StartAsync(Ended);
        using var admin = Operator.Of(host);
        var original = admin.Write("shop.yaml", Manifest);
        await admin.DoAsync("apply", "-f", original);

        var shown = admin.Write("shown.yaml", await admin.DoAsync("application", "get", "shop", "-o", "yaml"));
        Assert.Equal("application shop: unchanged\n", await admin.DoAsync("apply", "-f", shown));
        admin.Write("shop.yaml", Manifest.Replace("stop_grace: 30s", "stop_grace: 45s", StringComparison.Ordinal));
        await admin.DoAsync("apply", "-f", original);

        var (exitCode, _, error) = await admin.RunAsync("apply", "-f", shown, "-o", "json");
        Assert.Equal(4, exitCode);
        Assert.Equal("VERSION_MOVED", (string?)JsonNode.Parse(error)!["reason"]);
    }

    [Fact]
    public async Task What_the_control_plane_refuses_is_found_in_the_file()
    {
        await using var host = await ControlPlaneHost.StartAsync(Ended);
        using var admin = Operator.Of(host);
        var file = admin.Write("shop.yaml", Manifest.Replace(":8080", ":99999", StringComparison.Ordinal));

        var (exitCode, _, error) = await admin.RunAsync("apply", "-f", file);

        Assert.Equal(2, exitCode);
        Assert.Contains("shop.yaml:12: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_release_is_pushed_once_however_often_it_is_pushed()
    {
        await using var host = await ControlPlaneHost.StartAsync(Ended);
        using var admin = Operator.Of(host);
        await admin.DoAsync("apply", "-f", admin.Write("shop.yaml", Manifest));
        var artifact = admin.Write("shop.tar.gz", RandomNumberGenerator.GetBytes(3_500_000));
        string[] push = ["release", "push", "shop", "1.0.0", "--artifact", $"linux/amd64={artifact}", "--notes", "new"];

        var first = await admin.DoAsync(push);
        var second = await admin.DoAsync(push);

        Assert.StartsWith("Released shop 1.0.0.", first, StringComparison.Ordinal);
        Assert.StartsWith("shop 1.0.0 was released already.", second, StringComparison.Ordinal);
        var release = JsonNode.Parse(await admin.DoAsync("release", "get", "shop", "1.0.0", "-o", "json"))!;
        var digest = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(artifact, Ended)));
        Assert.Equal($"sha256:{digest}", (string?)release["artifacts"]![0]!["digest"]);
        Assert.Equal("1.0.0\n", await admin.DoAsync("release", "list", "shop", "-q"));

        admin.Write("shop.tar.gz", RandomNumberGenerator.GetBytes(1_000));
        var (exitCode, _, error) = await admin.RunAsync([.. push, "-o", "json"]);
        Assert.Equal(4, exitCode);
        Assert.Equal("RELEASE_EXISTS", (string?)JsonNode.Parse(error)!["reason"]);
    }

    [Theory]
    [InlineData("linux/amd64")]
    [InlineData("plan9/mips=shop.tar.gz")]
    [InlineData("any=shop.rpm")]
    [InlineData("any=missing.tar.gz")]
    public async Task A_wrong_artifact_is_refused_before_anything_is_sent(string artifact)
    {
        using var nobody = new Operator();

        var (exitCode, _, error) = await nobody.RunAsync("release", "push", "shop", "1.0.0", "--artifact", artifact);

        Assert.Equal(2, exitCode);
        Assert.Contains("--artifact", error, StringComparison.Ordinal);
    }
}
