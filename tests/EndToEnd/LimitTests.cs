using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Tests.Kit.Programs;

namespace Tests.EndToEnd;

/// <summary>
/// What the kernel does about limits. Its own agent runs there without a control plane, by what it was told before
/// the host was booted; this machine's kernel need not have the controllers of cgroup v2.
/// </summary>
public sealed class LimitTests : IDisposable
{
    private const int Failed = 8;
    private const int OutOfMemory = 17;

    private const string Said =
        """
        memory.max 67108864
        cpu.max 50000 100000
        pids.max 12
        11 more processes, then: Resource temporarily unavailable

        """;

    /// <summary>
    /// Waits until the file is there, if one is named; tells its limits, makes processes until it may not, and wants
    /// too much memory.
    /// </summary>
    private const string Greedy =
        """
        $| = 1;
        while (@ARGV && !-e $ARGV[0]) { select(undef, undef, undef, 0.01) }
        open my $own, '<', '/proc/self/cgroup' or die $!;
        my ($group) = map { /^0::(.*)/ } <$own>;
        for my $name (qw(memory.max cpu.max pids.max)) {
            open my $limit, '<', "/sys/fs/cgroup$group/$name" or die $!;
            print "$name ", <$limit>;
        }
        my $made = 0;
        while (defined(my $pid = fork)) {
            if (!$pid) { sleep 1000; exit }
            $made++;
        }
        print "$made more processes, then: $!\n";
        my $want = 256 << 20;
        my $memory = 'x' x $want;
        print "this is never said\n";
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("slipway-limits-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact(Timeout = 240_000)]
    public async Task Limits_hold_and_who_wants_more_memory_ends_with_that_reason()
    {
        Assert.SkipUnless(
            RuntimeInformation.OSArchitecture == Architecture.X64, "User-mode Linux is to be had for x86_64 only.");

        // One at its start; the other, which need not say that it is ready, once it is committed.
        await DesireAsync(
            Workload("early", """{ "kind": 3, "path": "/", "statuses": [] }"""),
            Workload(
                "late",
                """{ "kind": 4, "path": "/", "statuses": [], "alive_for": "00:00:00.1" }""",
                "/run/state/workloads/late/test/current"));

        var said = await BootAsync($"phase.:{Failed},", "run.:1,", TestContext.Current.CancellationToken);

        Assert.True(Directory.Exists(Path.Join(_folder, "reports")), said);
        var reports = Directory.GetFiles(Path.Join(_folder, "reports"))
            .Select(path => JsonNode.Parse(File.ReadAllText(path))!).ToList();
        var early = Assert.Single(reports, report => (int)report["phase"]! == Failed);
        var late = Assert.Single(reports, report => (int)report["run"]! == 1);
        Assert.Equal(("early", "late"), ((string)early["deployment_id"]!, (string)late["deployment_id"]!));
        foreach (var end in (JsonNode[])[early, late])
        {
            Assert.Equal(OutOfMemory, (int)end["reason"]!);
            Assert.Contains("server.limits.memory_max", (string)end["detail"]!, StringComparison.Ordinal);
            Assert.Equal(Said, (string)end["output"]!);
        }
    }

    /// <summary>Boots the kernel, and returns what it and the agent have said once the host is off again.</summary>
    private async Task<string> BootAsync(string early, string late, CancellationToken cancellationToken)
    {
        // Whatever becomes of this process: with the first one of its namespace, the whole guest ends.
        await using var guest = RunningProgram.Start("unshare",
        [
            "--pid", "--fork", "--kill-child", "--",
            "linux.uml", "mem=512M", $"uml_dir={_folder}/", "root=/dev/root", "rootfstype=hostfs", "rootflags=/",
            "ro", $"init={Published.Root}/tests/EndToEnd/uml/init.sh", "con=null", "con0=null,fd:1",
            "loglevel=1", "panic=-1", "--", Published.Agent, _folder, early, late,
        ]);
        await guest.ExitAsync(cancellationToken);
        return guest.Output;
    }

    /// <summary>Leaves what the agent would have stored when it was asked to run the workloads.</summary>
    private async Task DesireAsync(params Func<string, long, string>[] workloads)
    {
        var release = new ReleaseFolder(Path.Join(_folder, "release"));
        await release.AddAsync("greedy.pl", Greedy, Cancellation);
        var archive = await release.PackAsync(Path.Join(_folder, "release.tar.gz"), Cancellation);
        var content = await File.ReadAllBytesAsync(archive, Cancellation);
        var hash = Convert.ToHexStringLower(SHA256.HashData(content));
        var blobs = Directory.CreateDirectory(Path.Join(_folder, "state/blobs/sha256"));
        File.Move(archive, Path.Join(blobs.FullName, hash));
        var list = string.Join(',', workloads.Select(workload => workload(hash, content.Length)));
        await File.WriteAllTextAsync(
            Path.Join(_folder, "state/desired.json"),
            $$"""{ "token": { "epoch": 1, "revision": 1, "hash": "" }, "workloads": [{{list}}] }""",
            Cancellation);
        await File.WriteAllTextAsync(
            Path.Join(_folder, "agent.json"),
            """
            {
              "state_dir": "/run/state",
              "apps": {
                "deployments": {
                  "artifacts": [{ "module": "control_plane" }],
                  "runtimes": [{ "module": "server" }]
                }
              }
            }
            """,
            Cancellation);
    }

    private static Func<string, long, string> Workload(string name, string readiness, params string[] arguments) =>
        (hash, size) =>
            $$"""
            {
              "key": { "application": "{{name}}", "environment": "test" },
              "generation": 1,
              "deployment_id": "{{name}}",
              "version": "1.0.0",
              "artifact": {
                "digest": "sha256:{{hash}}", "size_bytes": {{size}}, "file_name": "greedy.tar.gz", "path": ""
              },
              "server": {
                "command": ["{{string.Join("\", \"", ["/usr/bin/perl", "greedy.pl", .. arguments])}}"],
                "listen": [],
                "environment": {},
                "readiness": {{readiness}},
                "start_timeout": "00:02:00",
                "stop_grace": "00:00:01",
                "bake": "00:00:00",
                "stop_signal": "TERM",
                "keep_releases": 1,
                "confinement": { "memory_max": 67108864, "cpu": 0.5, "pids_max": 12 }
              }
            }
            """;
}
