using System.Text.RegularExpressions;
using Tests.Kit.Programs;

namespace Tests.EndToEnd;

/// <summary>Runs the shell examples of the documentation as they stand there.</summary>
public sealed partial class DocumentationTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("slipway-docs-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task The_tour_of_the_README_works()
    {
        var readme = await File.ReadAllTextAsync(
            Path.Join(Published.Root, "README.md"), TestContext.Current.CancellationToken);
        var tour = readme[readme.IndexOf("## A five-minute tour", StringComparison.Ordinal)..];

        var result = await RunAsync(Published.Root, ExamplesOf(tour));

        Assert.Contains("hello 1.0.0 from", result.Output, StringComparison.Ordinal);
        var answers = AnswerOfSecondRelease().Matches(result.Output).Select(match => match.Value).ToList();
        Assert.Equal(3, answers.Count);
        Assert.Single(answers.Distinct());
    }

    [Fact(Timeout = 300_000)]
    public async Task The_examples_of_the_command_line_work()
    {
        await using var fleet = new Fleet();
        await fleet.StartControlPlaneAsync(TestContext.Current.CancellationToken);
        var agent = await fleet.StartAgentAsync("web-1", Cancellation);
        await agent.LineAsync("Connected to ", Cancellation);
        await MakeShopAsync(fleet);
        var page = await File.ReadAllTextAsync(Path.Join(Published.Root, "docs/deployctl.md"), Cancellation);

        var examples = ExamplesOf(page).Replace(
            "https://deploy.example.com:7443", fleet.Server, StringComparison.Ordinal);
        var result = await RunAsync(
            _home, examples, ("HOME", _home), ("SLIPWAY_TOKEN_FILE", Path.Join(fleet.Root, "admin.token")));

        Assert.Contains("1 agent runs the release", result.Output, StringComparison.Ordinal);
        Assert.StartsWith("slp1.", await ReadAsync("ci.token"), StringComparison.Ordinal);
        Assert.StartsWith("sle1.", await ReadAsync("agent.token"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task The_examples_of_start_server_work()
    {
        var page = await File.ReadAllTextAsync(
            Path.Join(Published.Root, "docs/start-server.md"), TestContext.Current.CancellationToken);

        var result = await RunAsync(
            _home, ExamplesOf(page).Replace("8000", $"{Fleet.FreePort()}", StringComparison.Ordinal));

        Assert.Equal("hello from 1\nhello from 2\nhello from 1\n", result.Output);
        var files = Directory.GetFiles(_home).Select(Path.GetFileName).Order();
        Assert.Equal(["app.psgi", "start_server", "web.log"], files);
    }

    public void Dispose() => Directory.Delete(_home, recursive: true);

    private static string ExamplesOf(string page) =>
        string.Join('\n', ShellBlock().Matches(page).Select(match => match.Groups["code"].Value));

    [GeneratedRegex("^```sh\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline, 1000)]
    private static partial Regex ShellBlock();

    [GeneratedRegex(@"hello 1\.1\.0 from \d+", RegexOptions.None, 1000)]
    private static partial Regex AnswerOfSecondRelease();

    private async Task<ProgramResult> RunAsync(string folder, string examples, params (string, string)[] variables)
    {
        // Every line has to succeed; what a reader types one after the other is one session.
        var script = $"set -euo pipefail\ncd '{folder}'\n{examples}";
        var environment = new Dictionary<string, string>
        {
            ["TMPDIR"] = _home,
            ["NO_COLOR"] = "1",
            ["PATH"] = $"{Path.GetDirectoryName(Published.Deployctl)}:{Environment.GetEnvironmentVariable("PATH")}",
        };
        foreach (var (name, value) in variables)
        {
            environment[name] = value;
        }

        try
        {
            return (await ProgramResult.RunAsync("bash", ["-c", script], environment, Cancellation)).Expect(0);
        }
        finally
        {
            await ProcessTable.KillAsync(_home);
        }
    }

    private async Task MakeShopAsync(Fleet fleet)
    {
        var sample = Published.Sample("gunicorn");
        var manifest = await File.ReadAllTextAsync(Path.Join(sample, "slipway.yaml"), Cancellation);
        await File.WriteAllTextAsync(
            Path.Join(_home, "shop.yaml"),
            manifest.Replace("hello-gunicorn", "shop", StringComparison.Ordinal)
                .Replace("mode: auto", "mode: manual", StringComparison.Ordinal)
                .Replace("8082", $"{Fleet.FreePort()}", StringComparison.Ordinal),
            Cancellation);
        var release = new ReleaseFolder(Path.Join(fleet.Root, "shop")).AddFolder(sample);
        await release.PackAsync(Path.Join(_home, "shop.tar.gz"), Cancellation);
        File.Copy(Path.Join(fleet.Root, "admin.token"), Path.Join(_home, "admin.token"));
        Directory.CreateDirectory(Path.Join(_home, ".zfunc"));
        Directory.CreateDirectory(Path.Join(_home, ".config/fish/completions"));
    }

    private Task<string> ReadAsync(string name) => File.ReadAllTextAsync(Path.Join(_home, name), Cancellation);
}
