using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;
using Slipway.Agent.Supervisor.Upgrades;

namespace Slipway.Agent.Starter;

/// <summary>A start_server that runs, begun anew or taken over from another program of the same process.</summary>
internal sealed class StarterServer : IDisposable
{
    private readonly Poller _poller;
    private readonly StarterParts _parts;
    private readonly SupervisorLoop _supervisor;
    private readonly StarterLoop _loop;
    private readonly StarterSignals _signals;
    private readonly StarterSockets _sockets;
    private readonly PidFile? _pidFile;
    private readonly string _program;
    private IDisposable? _logEnd;

    private StarterServer(
        Poller poller,
        StarterOptions options,
        (SupervisorLoop Supervisor, StarterSockets Sockets, StarterParts Parts, PidFile? PidFile) own,
        StarterFront front,
        (string Program, StarterState State) before)
    {
        (_poller, _program) = (poller, before.Program);
        (_supervisor, _sockets, _parts, _pidFile) = own;
        _supervisor.Complain = _parts.Output.Say;
        _loop = new StarterLoop(poller, _supervisor, options, _sockets, _parts) { State = before.State };
        _signals = new StarterSignals(poller, OnSignal);
        WatchLog();
        front.State = HandOver;
    }

    /// <summary>Binds, opens and locks what the options say.</summary>
    /// <exception cref="StarterException">Something cannot be had.</exception>
    public static StarterServer Open(StarterOptions options, StarterFront front, StarterReport report, Poller poller)
    {
        var output = new StarterOutput(options);
        output.Open();
        output.Say($"start_server (pid:{Environment.ProcessId}) starting now...");
        var pidFile = options.PidFile is { } path ? PidFile.Take(path) : null;
        SupervisorLoop? supervisor = null;
        try
        {
            supervisor = new SupervisorLoop(folder: null, poller, new Random(), front);
            var sockets = StarterSockets.Open(options, supervisor.Listeners, output.Say);
            if (options.Ready == StarterReadiness.Tcp
                && !sockets.Listen.Any(spec => ListenAddress.Parse(spec.Address)!.Kind == ListenKind.Tcp))
            {
                throw new StarterException("--ready=tcp needs a TCP socket to connect to; give one by --port");
            }

            output.Redirect();
            var parts = PartsOf(options, output, report);
            parts.Status?.Remove();
            return new StarterServer(
                poller, options, (supervisor, sockets, parts, pidFile), front, (StarterCall.FindProgram(), new()));
        }
        catch
        {
            supervisor?.Dispose();
            pidFile?.Dispose();
            throw;
        }
    }

    /// <summary>Goes on where the program before was.</summary>
    public static StarterServer Resume(
        StarterOptions options, StarterFront front, TakenHandover taken, Poller poller)
    {
        var handed = StarterHandover.Read(taken.Handover.Front);
        var output = new StarterOutput(options) { LogProcess = taken.Find(handed.LogProcess) };
        var parts = PartsOf(options, output, new StarterReport(taken.Find(handed.Report)));
        var pidFile = taken.Find(handed.PidFile) is { } file ? new PidFile(options.PidFile!, file) : null;
        var supervisor = new SupervisorLoop(folder: null, poller, new Random(), front, taken);
        var sockets = new StarterSockets(taken.Handover.Pinned, handed.Workers);
        return new StarterServer(
            poller, options, (supervisor, sockets, parts, pidFile), front, (handed.Program, handed.State));
    }

    /// <summary>Returns when the end was asked for and the last worker has ended.</summary>
    public void Run()
    {
        // Who reads it may send signals. After an upgrade it is the same number, unless that went badly.
        _pidFile?.Write(Environment.ProcessId);
        _loop.Run();
        _parts.Status?.Remove();
    }

    public void Dispose()
    {
        _signals.Dispose();
        _logEnd?.Dispose();
        _supervisor.Dispose();
        _pidFile?.Dispose();
        _parts.Report.Dispose();
        _parts.Output.Dispose();
    }

    private static StarterParts PartsOf(StarterOptions options, StarterOutput output, StarterReport report) => new(
        output,
        new StarterEnvironment(options),
        options.StatusFile is { } path ? new StatusFile(path) : null,
        report);

    private StarterHandover HandOver(HandoverDescriptors descriptors) => new(
        StarterHandover.CurrentFormat, _program, _loop.State, _sockets.Workers)
    {
        PidFile = _pidFile is { } pidFile ? descriptors.Add(pidFile.File) : null,
        LogProcess = _parts.Output.LogProcess is { } process ? descriptors.Add(process) : null,
        Report = _parts.Report.Pipe is { } pipe ? descriptors.Add(pipe) : null,
    };

    private void OnSignal(int signal)
    {
        switch (signal)
        {
            case Libc.SignalHangUp:
                _loop.Handle(new StarterEvent.HangUp());
                break;
            case Libc.SignalUser1:
                _parts.Output.Reopen();
                break;
            case Libc.SignalUser2:
                Upgrade();
                break;
            case Libc.SignalAlarm:
                break; // Deadly otherwise.
            default:
                _loop.Handle(new StarterEvent.Terminate(SignalTable.NameOf(signal)));
                break;
        }
    }

    private void Upgrade()
    {
        _parts.Output.Say($"received USR2, upgrading to the program that is now {_program}");
        if (_supervisor.Upgrade(_program) is { } refusal)
        {
            _parts.Output.Say($"upgrade refused: {refusal}");
        }
    }

    /// <summary>Leaves no zombie of a command that takes the output.</summary>
    private void WatchLog()
    {
        if (_parts.Output.LogProcess is { } process)
        {
            _logEnd = _poller.On(process, Libc.Readable, () =>
            {
                _logEnd!.Dispose();
                Libc.WaitForChild(process, reap: true);
                _parts.Output.ForgetLogProcess();
            });
        }
    }
}
