using System.Net;
using Tests.Kit.Load;
using Tests.Kit.Programs;

namespace Tests.Benchmarks.Restart;

/// <summary>One start_server with a Starlet application, under load from its start to its end.</summary>
internal sealed class StarterRun(bool isOriginal) : IAsyncDisposable
{
    private const string Original = "/usr/bin/start_server";
    private const int HangUp = 1;

    private const string App =
        """
        my $body = "app $ENV{SERVER_STARTER_GENERATION} from $$";
        sub { [200, ['Content-Type' => 'text/plain', 'Content-Length' => length $body], [$body]] };
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("slipway-bench-").FullName;
    private readonly IPEndPoint _address = new(IPAddress.Loopback, Fleet.FreePort());
    private readonly List<double> _latencies = [];
    private RunningProgram? _program;
    private LoadGenerator? _load;
    private int _generation = 1;

    public IReadOnlyList<double> Latencies => _latencies;

    public long Failed { get; private set; }

    public double IdleMemory { get; private set; }

    /// <summary>Of what it shares with others only its part: Perl's shares much with the Perl of its workers.</summary>
    public double IdleShare { get; private set; }

    public double LastMemory { get; private set; }

    public long WakeUps { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var app = Path.Join(_folder, "app.psgi");
        await File.WriteAllTextAsync(app, App, cancellationToken);
        var program = Original;
        if (!isOriginal)
        {
            program = Path.Join(_folder, "start_server");
            File.CreateSymbolicLink(program, Published.Agent);
        }

        _program = RunningProgram.Start(
            program,
            [
                $"--port={_address}", "--interval=1", $"--status-file={Path.Join(_folder, "status")}", "--",
                "plackup", "--server", "Starlet", "--env", "deployment", "--max-workers", "2", app,
            ]);
        await ServingAsync(cancellationToken);
    }

    /// <summary>Nothing happens, and what happens nevertheless is counted.</summary>
    public async Task IdleAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, cancellationToken);
        var before = Switches();
        await Task.Delay(time, TimeProvider.System, cancellationToken);
        WakeUps = Switches() - before;
        IdleMemory = ProcessTable.Resident(_program!.Pid) / 1e6;
        IdleShare = Share() / 1e6;
    }

    /// <summary>Measures from the signal to the first answer, then waits until the new worker serves alone.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        // The load is there for the restart alone: two of them at once would measure each other.
        _load = LoadGenerator.Start(new LoadOptions(_address)
        {
            Connections = 2,
            KeepAlive = false,
            Pause = TimeSpan.FromMilliseconds(1),
        });
        await _load.AnsweredAsync($"{_generation}", cancellationToken);
        _generation++;
        var begin = TimeProvider.System.GetTimestamp();
        _program!.Signal(HangUp);
        await _load.AnsweredAsync($"{_generation}", cancellationToken);
        _latencies.Add(TimeProvider.System.GetElapsedTime(begin).TotalMilliseconds);
        await ServingAsync(cancellationToken);
        var report = await _load.StopAsync();
        Failed += report.Failed;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        LastMemory = ProcessTable.Resident(_program!.Pid) / 1e6;
        _program.Terminate();
        await _program.ExitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_load is not null)
        {
            await _load.DisposeAsync();
        }

        _program?.KillTree();
        if (_program is not null)
        {
            await _program.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Of all its threads: how often one had waited and went on.</summary>
    private long Switches() => Directory.GetDirectories($"/proc/{_program!.Pid}/task")
        .SelectMany(thread => File.ReadAllLines(Path.Join(thread, "status")))
        .Where(line => line.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.Split('\t')[1], System.Globalization.CultureInfo.InvariantCulture));

    private long Share()
    {
        var line = File.ReadAllLines($"/proc/{_program!.Pid}/smaps_rollup")
            .First(line => line.StartsWith("Pss:", StringComparison.Ordinal));
        var kilobytes = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return long.Parse(kilobytes, System.Globalization.CultureInfo.InvariantCulture) * 1024;
    }

    private async Task ServingAsync(CancellationToken cancellationToken)
    {
        var status = Path.Join(_folder, "status");
        while (!File.Exists(status)
            || await File.ReadAllLinesAsync(status, cancellationToken) is not [var line]
            || !line.StartsWith($"{_generation}:", StringComparison.Ordinal))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
        }
    }
}
