using System.Net;
using Tests.Kit.Programs;

namespace Tests.EndToEnd;

/// <summary>The example of docs/manifests.md for static files, as it stands there but for the addresses.</summary>
public sealed class StaticFilesTests : IAsyncDisposable
{
    private const int RolloutFailed = 10;

    private readonly Fleet _fleet = new();

    private string Site => Path.Join(_fleet.Root, "www", "current");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fleet.DisposeAsync();

    [Fact(Timeout = 240_000)]
    public async Task The_documented_example_switches_puts_right_and_goes_back()
    {
        var port = Fleet.FreePort();
        Directory.CreateDirectory(Path.Join(_fleet.Root, "www"));
        await using var server = RunningProgram.Start(
            "python3", ["-u", "-m", "http.server", "-b", "127.0.0.1", "-d", Site, $"{port}"]);
        await server.LineAsync("Serving HTTP", Cancellation);
        await _fleet.StartControlPlaneAsync(TestContext.Current.CancellationToken);
        var agent = await _fleet.StartAgentAsync("web-1", Cancellation);
        await agent.LineAsync("Connected to ", Cancellation);
        await _fleet.ApplyAsync(
            $"{await ExampleAsync()}---\nkind: Environment\napplication: site\nname: production\n"
                + "selector: { env: production }\npolicy: { mode: auto }\n",
            Cancellation,
            ("/srv/www/site/current", Site),
            ("http://127.0.0.1/", $"http://{new IPEndPoint(IPAddress.Loopback, port)}/"));

        (await ReleaseAsync("1.0.0", "1.0.0", check: "exit 0")).Expect(0);
        Assert.Equal("1.0.0", await File.ReadAllTextAsync(Path.Join(Site, "version"), Cancellation));

        File.Delete(Site);
        await agent.LineAsync("Drift was put right", Cancellation);
        Assert.Equal("1.0.0", await File.ReadAllTextAsync(Path.Join(Site, "version"), Cancellation));

        // Refused by the hook before the switch, then by the one after it, which asks the web server.
        (await ReleaseAsync("1.1.0", "1.1.0", check: "echo no licence; exit 1")).Expect(RolloutFailed);
        (await ReleaseAsync("1.2.0", "something else", check: "exit 0")).Expect(RolloutFailed);
        Assert.Equal("1.0.0", await File.ReadAllTextAsync(Path.Join(Site, "version"), Cancellation));
        Assert.Equal(
            "hook_failed: The hook 'before' ended with exit code 1. no licence", await EndOfAsync("1.1.0"));
        Assert.Equal("hook_failed: The hook 'after' ended with exit code 1. ", await EndOfAsync("1.2.0"));
    }

    private async Task<ProgramResult> ReleaseAsync(string version, string text, string check)
    {
        var folder = new ReleaseFolder(Path.Join(_fleet.Root, $"site-{version}"));
        await folder.AddAsync("version", text, Cancellation);
        await folder.AddAsync("check.sh", $"#!/bin/sh\n{check}\n", Cancellation);
        var archive = await folder.PackAsync(Path.Join(_fleet.Root, $"site-{version}.tar.gz"), Cancellation);
        return await _fleet.WatchAsync(
            await _fleet.PushAsync("site", version, $"any={archive}", Cancellation), Cancellation);
    }

    private async Task<string> EndOfAsync(string version)
    {
        var history = (await _fleet.DeployctlAsync(
            Cancellation, "history", "--application", "site", "--version", version)).Expect(0);
        var end = Assert.Single(history.Json.AsArray())!;
        return $"{end["reason"]}: {end["detail"]} {((string?)end["output"])?.Trim()}";
    }

    private static async Task<string> ExampleAsync()
    {
        var page = await File.ReadAllTextAsync(Path.Join(Published.Root, "docs/manifests.md"), Cancellation);
        var begin = page.IndexOf("kind: Application\nname: site\n", StringComparison.Ordinal);
        return page[begin..page.IndexOf("```", begin, StringComparison.Ordinal)];
    }
}
