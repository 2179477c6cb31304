using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Tests.EndToEnd;

/// <summary>A release that cannot work leaves the one before it serving, says why, and is not tried again.</summary>
public class BadReleaseTests
{
    private const int RolloutFailed = 10;

    private static readonly (string, string) Impatient = ("\nserver:", "\nserver:\n  start_timeout: 4s");

    [Fact(Timeout = 300_000)]
    public async Task A_program_that_crashes_on_start_is_reported_with_its_last_words()
    {
        await using var scene = await Scene.StartAsync("starlet", Impatient);
        var archive = await scene.PackAsync("2.0.0", ("app.psgi", "die \"no such colour: mauve\\n\";\n"));

        var deployment = await FailAsync(scene, "2.0.0", archive, TestContext.Current.CancellationToken);

        Assert.Equal("start_crashed", (string?)deployment["reason"]);
        Assert.Contains("no such colour: mauve", (string?)deployment["output"], StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_program_that_never_becomes_ready_is_reported()
    {
        await using var scene = await Scene.StartAsync("starlet", Impatient);
        // Before it accepts: the socket is shared, and what a program accepts it has to answer.
        var archive = await scene.PackAsync("2.0.0", ("app.psgi", "sleep 600; sub { };\n"));

        var deployment = await FailAsync(scene, "2.0.0", archive, TestContext.Current.CancellationToken);

        Assert.Equal("not_ready", (string?)deployment["reason"]);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_truncated_archive_is_refused()
    {
        await using var scene = await Scene.StartAsync("starlet", Impatient);
        var archive = await scene.PackAsync("2.0.0", ("ballast", string.Concat(Enumerable.Range(0, 20_000))));
        await using (var file = File.OpenWrite(archive))
        {
            file.SetLength(file.Length / 2);
        }

        var deployment = await FailAsync(scene, "2.0.0", archive, TestContext.Current.CancellationToken);

        Assert.Equal("bad_archive", (string?)deployment["reason"]);
    }

    [Theory(Timeout = 300_000)]
    [InlineData("../outside", "")]
    [InlineData("/tmp/slipway-outside", "")]
    [InlineData("link", "../../../../../../../../etc")]
    public async Task A_hostile_archive_is_refused(string entry, string linkTarget)
    {
        await using var scene = await Scene.StartAsync("starlet", Impatient);
        var archive = await HostileAsync(scene, entry, linkTarget, TestContext.Current.CancellationToken);

        var deployment = await FailAsync(scene, "2.0.0", archive, TestContext.Current.CancellationToken);

        Assert.Equal("bad_archive", (string?)deployment["reason"]);
        Assert.Contains(entry, (string?)deployment["detail"], StringComparison.Ordinal);
        Assert.False(File.Exists("/tmp/slipway-outside"));
    }

    [Fact(Timeout = 300_000)]
    public async Task An_artifact_that_changed_in_the_store_is_refused_by_its_digest()
    {
        await using var scene = await Scene.StartAsync("starlet");
        await scene.ApplyAsync(("mode: auto", "mode: manual"));
        var archive = await scene.PackAsync("2.0.0");
        (await scene.Fleet.DeployctlAsync(
            TestContext.Current.CancellationToken,
            "release", "push", scene.Application, "2.0.0", "--artifact", $"any={archive}")).Expect(0);
        await FlipOneByteAsync(scene, archive, TestContext.Current.CancellationToken);

        var started = await scene.StartRolloutAsync("2.0.0");
        var deployment = await EndAsync(scene, "2.0.0", started, TestContext.Current.CancellationToken);

        Assert.Equal("digest_mismatch", (string?)deployment["reason"]);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_release_without_an_artifact_for_the_host_is_refused()
    {
        await using var scene = await Scene.StartAsync("starlet", Impatient);
        var other = System.Runtime.InteropServices.RuntimeInformation.OSArchitecture
            == System.Runtime.InteropServices.Architecture.X64 ? "linux/arm64" : "linux/amd64";
        var archive = await scene.PackAsync("2.0.0");
        var rollout = await scene.Fleet.PushAsync(
            scene.Application, "2.0.0", $"{other}={archive}", TestContext.Current.CancellationToken);

        var deployment = await EndAsync(scene, "2.0.0", rollout, TestContext.Current.CancellationToken);

        Assert.Equal("no_artifact", (string?)deployment["reason"]);
    }

    private static async Task<JsonNode> FailAsync(
        Scene scene,
        string version,
        string archive,
        CancellationToken cancellationToken) =>
        await EndAsync(scene, version, await scene.PushAsync(version, archive), cancellationToken);

    /// <summary>What holds for every bad release; gives its row in the history.</summary>
    private static async Task<JsonNode> EndAsync(
        Scene scene,
        string version,
        string rollout,
        CancellationToken cancellationToken)
    {
        await using var load = scene.StartLoad(keepAlive: false);
        (await scene.Fleet.WatchAsync(rollout, cancellationToken)).Expect(RolloutFailed);
        var first = await HistoryAsync(scene, version, cancellationToken);
        Assert.Equal("failed", (string?)first["phase"]);

        // A new agent on the same state has every reason to try it again, and must not.
        scene.AgentProgram.Terminate();
        await scene.AgentProgram.ExitAsync(cancellationToken);
        await scene.RestartAgentAsync();
        await scene.AgentConnectedAsync();
        var again = await HistoryAsync(scene, version, cancellationToken);
        Assert.Equal(first.ToJsonString(), again.ToJsonString());

        Assert.Contains("1.0.0", await scene.AskAsync(), StringComparison.Ordinal);
        var report = await load.StopAsync();
        Assert.True(report.Failed == 0, report.ToString());
        Assert.Equal("1.0.0", Assert.Single(report.Answers).Kind);
        return first;
    }

    private static async Task<JsonNode> HistoryAsync(Scene scene, string version, CancellationToken cancellationToken)
    {
        var history = await scene.Fleet.DeployctlAsync(
            cancellationToken, "history", "--application", scene.Application, "--version", version);
        return Assert.Single(history.Expect(0).Json.AsArray())!;
    }

    private static async Task FlipOneByteAsync(Scene scene, string archive, CancellationToken cancellationToken)
    {
        var digest = SHA256.HashData(await File.ReadAllBytesAsync(archive, cancellationToken));
        var blob = Assert.Single(Directory.GetFiles(
            Path.Join(scene.Fleet.Root, "control-plane", "blobs"),
            Convert.ToHexStringLower(digest),
            SearchOption.AllDirectories));
        File.SetUnixFileMode(blob, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var file = File.Open(blob, FileMode.Open);
        file.Position = file.Length / 2;
        var value = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)(value ^ 1));
    }

    private static async Task<string> HostileAsync(
        Scene scene,
        string entry,
        string linkTarget,
        CancellationToken cancellationToken)
    {
        var path = Path.Join(scene.Fleet.Root, "hostile.tar.gz");
        await using var file = File.Create(path);
        await using var compressed = new GZipStream(file, CompressionLevel.Fastest);
        await using var archive = new TarWriter(compressed);
        var item = new PaxTarEntry(linkTarget.Length > 0 ? TarEntryType.SymbolicLink : TarEntryType.RegularFile, entry);
        if (linkTarget.Length > 0)
        {
            item.LinkName = linkTarget;
        }
        else
        {
            item.DataStream = new MemoryStream("evil"u8.ToArray());
        }

        await archive.WriteEntryAsync(item, cancellationToken);
        return path;
    }
}
