using System.Globalization;
using Slipway.Agent.Cgroups;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;

namespace Tests.Integration.Agent.Deployments;

/// <summary>Static files on a real disk, switched by a real link.</summary>
public sealed class AssetsTests : IAsyncLifetime
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private EngineHost _host = null!;

    private string Site => Path.Combine(_host.StateFolder, "www", "current");

    private string Traces => Path.Combine(_host.StateFolder, "traces");

    private AssetsSpec Spec => new() { Link = Site };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await EngineHost.StartAsync();
        Directory.CreateDirectory(Path.GetDirectoryName(Site)!);
        Directory.CreateDirectory(Traces);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_release_is_switched_by_one_link_between_its_hooks()
    {
        var spec = Spec with
        {
            Before = Hook("before", "test -e index.html; readlink \"$SITE\" || true"),
            After = Hook("after", "cat \"$SITE/index.html\""),
            Environment = new Dictionary<string, string> { ["SITE"] = Site },
        };
        var first = _host.Files(1, "one", spec);

        var end = await _host.DeployAsync(first);

        Assert.Equal((DeploymentPhase.Committed, ""), (end.Phase, end.Detail));
        Assert.Equal("1Assigned 2Fetching 3Staging 4Starting 5Verifying 6Committed", _host.Phases(first));
        Assert.Equal("one", await ReadAsync());
        Assert.Equal("before shop production 1.1.0 before\n", Trace("before"));
        Assert.Equal("after shop production 1.1.0 after\none", Trace("after"));
        var status = await _host.StatusAsync(status => status is { IsHealthy: true, Generation: 1 });
        Assert.Equal(("1.1.0", "", 0), (status!.RunningVersion, status.Detail, status.Pids.Count));

        await _host.DeployAsync(_host.Files(2, "two", spec));

        Assert.Equal("two", await ReadAsync());
        Assert.Equal($"{Path.Combine(_host.WorkloadFolder, "releases")}/1.2.0", new FileInfo(Site).LinkTarget![..^13]);
    }

    [Fact]
    public async Task Without_a_path_the_link_is_in_the_workloads_folder()
    {
        var first = _host.Files(1, "one", new());

        var end = await _host.DeployAsync(first);

        Assert.Equal((DeploymentPhase.Committed, ""), (end.Phase, end.Detail));
        Assert.Equal(
            "one", await File.ReadAllTextAsync(Path.Combine(_host.WorkloadFolder, "current", "index.html"), Token));
    }

    [Theory]
    [InlineData("echo 'no room' >&2; exit 3", 60, "ended with exit code 3", "no room")]
    [InlineData("echo waiting; sleep 1000 & sleep 1000", 1, "took longer than 1 s", "waiting")]
    public async Task A_failed_hook_before_the_switch_changes_nothing(
        string script, int seconds, string detail, string output)
    {
        await _host.DeployAsync(_host.Files(1, "one", Spec));
        var hook = new HookSpec(["/bin/sh", "-c", script], TimeSpan.FromSeconds(seconds));

        var end = await _host.DeployAsync(_host.Files(2, "two", Spec with { Before = hook }));

        Assert.Equal((DeploymentPhase.Failed, FailureReason.HookFailed), (end.Phase, end.Reason));
        Assert.Contains(detail, end.Detail, StringComparison.Ordinal);
        Assert.Contains(output, end.Output, StringComparison.Ordinal);
        Assert.Equal("one", await ReadAsync());
    }

    [Fact]
    public async Task What_a_hook_sends_away_ends_with_the_hook()
    {
        var name = CgroupName.Of(Traces);
        Assert.SkipWhen(CgroupTree.Find()?.Create(name, 0) is null, "This host lets nobody make cgroups.");
        CgroupTree.Find()!.Sweep(name, new HashSet<string>());
        var left = Path.Combine(Traces, "left");
        var script = $"setsid sh -c 'echo $$ > {left}.new; mv {left}.new {left}; exec sleep 1000' > /dev/null 2>&1 & "
            + $"while ! test -e {left}; do sleep 0.01; done";

        var end = await _host.DeployAsync(_host.Files(1, "one", Spec with { Before = Hook("before", script) }));
        var pid = int.Parse(await File.ReadAllTextAsync(left, Token), CultureInfo.InvariantCulture);

        Assert.Equal((DeploymentPhase.Committed, ""), (end.Phase, end.Detail));
        Assert.True(ProcessTable.Read(pid) is null or { IsZombie: true });
    }

    [Fact]
    public async Task A_pipe_that_a_hook_leaves_holds_nothing_up()
    {
        var end = await _host.DeployAsync(
            _host.Files(1, "one", Spec with { Before = Hook("before", "mkfifo pipe") }));

        Assert.Equal((DeploymentPhase.Committed, ""), (end.Phase, end.Detail));
        Assert.Equal("one", await ReadAsync());
    }

    [Fact]
    public async Task A_failed_hook_after_the_switch_switches_back()
    {
        var bad = Spec with { After = Hook("after", "cat index.html; exit 1") };
        var first = await _host.DeployAsync(_host.Files(1, "one", bad));
        Assert.False(Path.Exists(Site));
        await _host.DeployAsync(_host.Files(2, "two", Spec));

        var end = await _host.DeployAsync(_host.Files(3, "three", bad));

        Assert.Equal((DeploymentPhase.Failed, FailureReason.HookFailed), (first.Phase, first.Reason));
        Assert.Equal((DeploymentPhase.Failed, FailureReason.HookFailed), (end.Phase, end.Reason));
        Assert.Equal("three", end.Output);
        Assert.Equal("two", await ReadAsync());
        var status = await _host.StatusAsync(status => status is { IsHealthy: true, Generation: 3 });
        Assert.Equal("1.2.0", status!.RunningVersion);
    }

    [Fact]
    public async Task What_belongs_to_somebody_else_is_not_taken_over()
    {
        Directory.CreateDirectory(Site);
        var folder = await _host.DeployAsync(_host.Files(1, "one", Spec));
        Directory.Delete(Site);
        File.CreateSymbolicLink(Site, Traces);
        var link = await _host.DeployAsync(_host.Files(2, "two", Spec));

        Assert.Equal((DeploymentPhase.Failed, FailureReason.PathTaken), (folder.Phase, folder.Reason));
        Assert.Contains("move it away", folder.Detail, StringComparison.Ordinal);
        Assert.Equal((DeploymentPhase.Failed, FailureReason.PathTaken), (link.Phase, link.Reason));
        Assert.Contains("remove that link", link.Detail, StringComparison.Ordinal);
        Assert.Equal(Traces, new FileInfo(Site).LinkTarget);
    }

    [Theory]
    [InlineData("link gone", "was missing")]
    [InlineData("link elsewhere", "led to")]
    [InlineData("file altered", "was altered")]
    [InlineData("file altered in secret", "was altered")]
    [InlineData("file added", "was added")]
    [InlineData("file gone", "was missing")]
    [InlineData("release gone", "was missing")]
    public async Task Drift_is_put_right_and_said_once_without_running_hooks(string drift, string word)
    {
        var spec = Spec with { After = Hook("after", "true") };
        await _host.DeployAsync(_host.Files(1, "one", spec, ("more.txt", "more")));
        File.Delete(Path.Combine(Traces, "after"));
        var release = new FileInfo(Site).LinkTarget!;
        var written = File.GetLastWriteTimeUtc(Path.Combine(release, "index.html"));

        switch (drift)
        {
            case "link gone":
                File.Delete(Site);
                break;
            case "link elsewhere":
                File.CreateSymbolicLink(Site + "~", Traces);
                Libc.Rename(Site + "~", Site);
                break;
            case "file added":
                await File.WriteAllTextAsync(Path.Combine(release, "shell.php"), "evil", Token);
                break;
            case "file gone":
                File.Delete(Path.Combine(release, "more.txt"));
                break;
            case "release gone":
                Directory.Delete(release, recursive: true);
                break;
            default:
                await File.WriteAllTextAsync(Path.Combine(release, "index.html"), "owe", Token);
                File.SetLastWriteTimeUtc(
                    Path.Combine(release, "index.html"), drift == "file altered" ? written + Minute : written);
                break;
        }

        await AskToLookAsync();
        var status = await _host.StatusAsync(status => status is { IsHealthy: true, Detail.Length: > 0 });
        Assert.StartsWith("Drift was put right at ", status!.Detail, StringComparison.Ordinal);
        Assert.Contains(word, status.Detail, StringComparison.Ordinal);
        Assert.Equal("one", await ReadAsync());
        Assert.Equal("more", await File.ReadAllTextAsync(Path.Combine(Site, "more.txt"), Token));
        Assert.False(File.Exists(Path.Combine(Site, "shell.php")));
        Assert.False(File.Exists(Path.Combine(Traces, "after")));
    }

    [Fact]
    public async Task Old_releases_go_but_never_the_current_and_the_previous_one()
    {
        for (var i = 1; i <= 5; i++)
        {
            await _host.DeployAsync(_host.Files(i, $"text {i}", Spec with { KeepReleases = 1 }));
        }

        await _host.DeployAsync(
            _host.Files(6, "text 6", Spec with { KeepReleases = 1, Before = Hook("before", "exit 1") }));
        await UntilAsync(() => !Releases("releases").Any(name => name.StartsWith('.'))); // Swept when all is told.

        Assert.Equal("text 5", await ReadAsync());
        Assert.Equal(["1.3.0", "1.4.0", "1.5.0"], Releases("releases"));
        Assert.Equal(["1.3.0", "1.4.0", "1.5.0"], Releases("manifests"));
    }

    [Fact]
    public async Task An_agent_that_ends_during_a_hook_runs_it_again_after_ending_what_was_left()
    {
        await _host.DeployAsync(_host.Files(1, "one", Spec));
        var gate = Path.Combine(Traces, "gate");
        var waiting = Hook("after", $"while ! test -e {gate}; do sleep 0.01; done");
        var second = _host.Files(2, "two", Spec with { After = waiting });
        await _host.AcceptAsync(second);
        await UntilAsync(() => Trace("after").Length > 0);

        await _host.BeginAnewAsync();
        Assert.Equal("two", await ReadAsync());
        await File.WriteAllTextAsync(gate, "", Token);
        var end = await _host.EndOfAsync(second);

        Assert.Equal((DeploymentPhase.Committed, ""), (end.Phase, end.Detail));
        Assert.Equal("two", await ReadAsync());
        Assert.False(File.Exists(Path.Combine(_host.WorkloadFolder, "hook.pid")));
    }

    [Fact]
    public async Task A_workload_that_is_taken_away_takes_its_link_along()
    {
        await _host.DeployAsync(_host.Files(1, "one", Spec));

        await _host.AcceptAsync();
        await UntilAsync(() => !Directory.Exists(_host.WorkloadFolder));

        Assert.False(Path.Exists(Site));
    }

    [Fact]
    public async Task Another_path_moves_the_link()
    {
        await _host.DeployAsync(_host.Files(1, "one", Spec));
        var other = Path.Combine(_host.StateFolder, "www", "other");

        await _host.DeployAsync(_host.Files(2, "two", Spec with { Link = other }));

        Assert.False(Path.Exists(Site));
        Assert.Equal("two", await File.ReadAllTextAsync(Path.Combine(other, "index.html"), Token));
    }

    [Fact]
    public async Task A_server_has_a_hook_before_its_start_too()
    {
        var prepared = _host.Release(1, EngineHost.Server, spec => spec with { Before = Hook("before", "touch made") });
        var committed = await _host.DeployAsync(prepared);
        var broken = _host.Release(
            2, EngineHost.Server + "\n#2", spec => spec with { Before = Hook("before", "echo no; exit 1") });

        var end = await _host.DeployAsync(broken);

        Assert.Equal(DeploymentPhase.Committed, committed.Phase);
        Assert.True(File.Exists(Path.Combine(_host.WorkloadFolder, "current", "made")));
        Assert.Equal((FailureReason.HookFailed, "no\n"), (end.Reason, end.Output));
        Assert.Equal("1.1.0", (await _host.AskAsync()).Version);
    }

    [Fact]
    public async Task A_servers_hook_is_what_the_server_is_and_not_the_agent()
    {
        Assert.SkipWhen(Libc.CurrentUser != 0, "Only root can start programs as others.");
        var hook = new HookSpec(["sh", "-c", "id -un; umask; ulimit -n; ulimit -c; exit 1"], Minute);
        var confinement = new ConfinementSpec
        {
            User = "nobody",
            Umask = 0x17, // 027
            ResourceLimits = new Dictionary<string, long> { ["core"] = 0 },
        };

        var end = await _host.DeployAsync(_host.Release(
            1, EngineHost.Server, spec => spec with { Before = hook, Confinement = confinement }));

        Assert.Equal((FailureReason.HookFailed, "nobody\n0027\n1024\n0\n"), (end.Reason, end.Output));
    }

    [Theory]
    [InlineData("./missing", "No such file")]
    [InlineData("./index.html", "Exec format error")]
    public async Task A_hook_that_cannot_be_executed_says_so(string program, string word)
    {
        var end = await _host.DeployAsync(
            _host.Files(1, "no script", Spec with { Before = new HookSpec([program], Minute) }));

        Assert.Equal((DeploymentPhase.Failed, FailureReason.HookFailed), (end.Phase, end.Reason));
        Assert.Contains(word, end.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hook_without_its_user_does_not_run()
    {
        var end = await _host.DeployAsync(_host.Release(1, EngineHost.Server, spec => spec with
        {
            Before = Hook("before", "true"),
            Confinement = new ConfinementSpec { User = "nobody-of-that-name" },
        }));

        Assert.Equal((DeploymentPhase.Failed, FailureReason.InvalidSpec), (end.Phase, end.Reason));
        Assert.Contains("nobody-of-that-name", end.Detail, StringComparison.Ordinal);
        Assert.Equal("", Trace("before"));
    }

    private HookSpec Hook(string name, string script) => new(
        [
            "/bin/sh",
            "-c",
            $"echo {name} $SLIPWAY_APPLICATION $SLIPWAY_ENVIRONMENT $SLIPWAY_VERSION $SLIPWAY_HOOK > {Traces}/{name}\n"
                + $"({script}) > {Traces}/out; s=$?; cat {Traces}/out; cat {Traces}/out >> {Traces}/{name}; exit $s",
        ],
        TimeSpan.FromMinutes(1));

    private string Trace(string name) =>
        File.Exists(Path.Combine(Traces, name)) ? File.ReadAllText(Path.Combine(Traces, name)) : "";

    private Task<string> ReadAsync() => File.ReadAllTextAsync(Path.Combine(Site, "index.html"), Token);

    private IEnumerable<string> Releases(string folder) =>
        new DirectoryInfo(Path.Combine(_host.WorkloadFolder, folder)).EnumerateFileSystemInfos()
            .Select(found => found.Name[..5]).Order(StringComparer.Ordinal);

    // The engine looks every half minute; told the same once more, it looks at once.
    private Task AskToLookAsync() => _host.Engine.AcceptAsync(_host.Engine.Desired, Token);

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(Minute);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!condition())
        {
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }
}
