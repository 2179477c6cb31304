using System.Globalization;
using System.Text.Json.Nodes;
using Tests.Kit.Programs;

namespace Tests.Benchmarks.Deploy;

/// <summary>
/// A big artifact on its way from the pusher over the control plane to the agent, against copying and hashing the same
/// file: what has to be done anyway. In alternating rounds.
/// </summary>
internal sealed class TransferBenchmark(Fleet fleet, int controlPlane, int agent, int megabytes)
{
    private const string Application = "hello-starlet";
    private const int Rounds = 3;

    // Both ends of a transfer and its cipher share the processors that the peer has for itself.
    private const double Share = 0.5;

    private readonly long _size = megabytes * 1_000_000L;

    public async Task MeasureAsync(Action<Measurement> add, CancellationToken cancellationToken)
    {
        var push = new List<double>();
        var fetch = new List<double>();
        var copy = new List<double>();
        (string Name, int Pid)[] programs = [("control plane", controlPlane), ("agent", agent)];
        var before = programs.Select(program => Megabytes(program.Pid)).ToArray();
        await using var memory = new MemoryPeak(controlPlane, agent);
        for (var round = 1; round <= Rounds; round++)
        {
            var archive = await MakeAsync(round, cancellationToken);
            copy.Add(await CopyAsync(archive, cancellationToken));

            var version = $"2.{round}.0";
            var began = TimeProvider.System.GetTimestamp();
            var rollout = await fleet.PushAsync(Application, version, $"any={archive}", cancellationToken);
            push.Add(Rate(TimeProvider.System.GetElapsedTime(began)));
            (await fleet.WatchAsync(rollout, cancellationToken)).Expect(0);
            fetch.Add(Rate(await FetchTimeAsync(version, cancellationToken)));
            File.Delete(archive);
        }

        var peer = Math.Round(Report.Median(copy), 1);
        foreach (var (name, rates) in new[] { ("push", push), ("fetch", fetch) })
        {
            add(new Measurement(
                $"{name} of {megabytes} MB, median of {Rounds}", "MB/s", Better.Higher, Report.Median(rates))
            {
                Peers = new Dictionary<string, double> { ["cp + sha256sum"] = peer },
                Goal = Math.Round(Share * peer, 1),
            });
        }

        foreach (var (index, (name, pid)) in programs.Index())
        {
            add(new Measurement($"{name} RSS before the transfers", "MB", Better.Lower, before[index]));
            add(new Measurement($"{name} RSS at its peak", "MB", Better.Lower, memory[index]));
            add(new Measurement($"{name} RSS after the transfers", "MB", Better.Lower, Megabytes(pid)));
        }
    }

    private static double Megabytes(int pid) => ProcessTable.Resident(pid) / 1e6;

    private double Rate(TimeSpan elapsed) => _size / 1e6 / elapsed.TotalSeconds;

    /// <summary>A release with a big file of noise, other noise in each round.</summary>
    private async Task<string> MakeAsync(int round, CancellationToken cancellationToken)
    {
        var release = new ReleaseFolder(Path.Join(fleet.Root, "big")).AddFolder(Published.Sample("starlet"));
        var noise = new byte[1_000_000];
        var random = new Random(round);
        await using (var file = File.Create(Path.Join(release.Folder, "ballast")))
        {
            for (var written = 0L; written < _size; written += noise.Length)
            {
                random.NextBytes(noise);
                await file.WriteAsync(noise, cancellationToken);
            }
        }

        var archive = Path.Join(fleet.Root, $"big-{round}.tar");
        await ProgramResult.RunAsync(
            "tar", ["-cf", archive, "-C", release.Folder, "."], new Dictionary<string, string>(), cancellationToken);
        return archive;
    }

    private async Task<double> CopyAsync(string archive, CancellationToken cancellationToken)
    {
        var before = TimeProvider.System.GetTimestamp();
        const string Script = "cp \"$1\" \"$1.copy\" && sync \"$1.copy\" && sha256sum \"$1.copy\" && rm \"$1.copy\"";
        var copied = await ProgramResult.RunAsync(
            "sh", ["-c", Script, "sh", archive], new Dictionary<string, string>(), cancellationToken);
        copied.Expect(0);
        return Rate(TimeProvider.System.GetElapsedTime(before));
    }

    /// <summary>From the agent's own report of its phases.</summary>
    private async Task<TimeSpan> FetchTimeAsync(string version, CancellationToken cancellationToken)
    {
        var history = await fleet.DeployctlAsync(
            cancellationToken, "history", "--application", Application, "--version", version);
        var phases = history.Expect(0).Json.AsArray().Single()!["phases"]!.AsArray();
        return TimeOf(phases, "staging") - TimeOf(phases, "fetching");
    }

    private static DateTimeOffset TimeOf(JsonArray phases, string name) => DateTimeOffset.Parse(
        (string)phases.Single(phase => (string?)phase!["phase"] == name)!["at"]!, CultureInfo.InvariantCulture);
}
