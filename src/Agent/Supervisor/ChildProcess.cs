using System.Buffers.Binary;
using System.ComponentModel;
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Cgroups;
using Slipway.Agent.Logs;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor.Upgrades;

namespace Slipway.Agent.Supervisor;

/// <summary>One process that runs a generation: its end, its output, its notices.</summary>
internal sealed class ChildProcess : IDisposable
{
    private const int MostError = 1024;

    /// <summary>Then others have their turn: a program may say more than can be listened to.</summary>
    private const int MostNotices = 16;

    private static readonly TimeSpan RemnantPause = TimeSpan.FromMilliseconds(100);

    private readonly ChildContext _context;
    private readonly ChildParts _parts;
    private readonly List<IDisposable> _watches = [];
    private readonly OutputPipe? _output;
    private readonly OutputPipe? _errors;
    private readonly IDisposable? _gateWatch;
    private DateTimeOffset? _killRemnantsAt;
    private DateTimeOffset? _killAt;
    private int _launchError;
    private string _launchStep = "";
    private bool _isKilled;
    private bool _hasEnded;

    public ChildProcess(ChildContext context, ChildParts parts, ChildMemory memory)
    {
        (_context, _parts) = (context, parts);
        (_launchError, _isKilled, _hasEnded) = (memory.LaunchError, memory.IsKilled, memory.HasEnded);
        (_killRemnantsAt, _killAt) = (memory.KillRemnantsAt, memory.KillAt);
        _launchStep = memory.LaunchStep ?? "";
        Tail.Append(memory.Tail ?? []);
        var source = new LogSource(parts.Number, parts.Pid, LogStream.Output);
        if (parts.Output is { } output)
        {
            _output = new(context, output, source, Tail, memory.PartialLine ?? []);
        }

        if (parts.Errors is { } errors)
        {
            source = source with { Stream = LogStream.Error };
            _errors = new(context, errors, source, Tail, memory.PartialErrorLine ?? []);
        }

        if (_hasEnded)
        {
            context.Poller.After(TimeSpan.Zero, CleanUp);
            return;
        }

        _watches.Add(context.Poller.On(parts.Process, Libc.Readable, OnEnd));
        if (parts.Notices is { } notices)
        {
            _watches.Add(context.Poller.On(notices, Libc.Readable, OnNotice));
        }

        if (_killAt is { } due)
        {
            context.Poller.After(due - context.Poller.Now, Kill);
        }

        if (parts.Gate is { } gate)
        {
            _gateWatch = context.Poller.On(gate, Libc.Readable, OnGate);
        }
    }

    public int Pid => _parts.Pid;

    /// <summary>Whether it was the program from the first.</summary>
    public bool IsProgram => _parts.Gate is null;

    public OutputTail Tail { get; } = new();

    /// <summary>How it ended, as wait(2) says it.</summary>
    public int WaitStatus { get; private set; }

    public JournaledProcess Journal =>
        new(_parts.Number, _parts.Pid, _parts.StartTicks, _parts.NotifyName)
        {
            OutputPipe = _parts.OutputInode,
            ErrorPipe = _parts.ErrorInode,
            Cgroup = _parts.Cgroup?.Folder,
        };

    public Cgroup? Cgroup => _parts.Cgroup;

    /// <summary>The living processes of its session, their descendants, and all else in its cgroup.</summary>
    public HashSet<int> Family => _context.Processes.FamilyOf(Pid, _parts.Cgroup?.Members);

    private ChildMemory Memory => new()
    {
        PartialLine = _output?.Said ?? [],
        PartialErrorLine = _errors?.Said ?? [],
        Tail = Tail.ToArray(),
        LaunchError = _launchError,
        LaunchStep = _launchStep,
        IsKilled = _isKilled,
        HasEnded = _hasEnded,
        KillRemnantsAt = _killRemnantsAt,
        KillAt = _killAt,
    };

    /// <summary>Whether it is not the program yet.</summary>
    public bool IsLaunching => _parts.Gate is { IsClosed: false };

    /// <summary>Called once when the process is the program.</summary>
    public Action? Executed { get; set; }

    /// <summary>Called once when the process ended and nothing of its session is left.</summary>
    public Action? Vanished { get; set; }

    /// <summary>Lets the launcher go on to the program.</summary>
    public void Go()
    {
        if (_parts.Gate is { IsClosed: false } gate)
        {
            Send(gate, [LaunchRole.Go]);
        }
    }

    public void Stop(int signal) => Libc.SendSignal(_parts.Process, signal);

    /// <summary>Kills the process and all of its session, also what left its group.</summary>
    public void Kill()
    {
        if (_parts.Process.IsClosed)
        {
            return;
        }

        _isKilled = true;
        var family = Family;
        _parts.Cgroup?.Kill();
        SendSignal(family, Libc.SignalKill);
        Libc.SendSignal(_parts.Process, Libc.SignalKill);
    }

    /// <summary>Asks it to finish, and kills it when it does not.</summary>
    public void Abandon()
    {
        Stop(Libc.SignalTerminate);
        _killAt = _context.Poller.Now + _parts.StopGrace;
        _context.Poller.After(_parts.StopGrace, Kill);
    }

    /// <summary>Says what the next program of this supervisor gets, and adds its descriptors.</summary>
    public HandoverChild HandOver(HandoverDescriptors descriptors, bool isRemnant) =>
        new(_parts.Number, _parts.Pid, descriptors.Add(_parts.Process))
        {
            StartTicks = _parts.StartTicks,
            NotifyName = _parts.NotifyName,
            Notices = _parts.Notices is { } notices ? descriptors.Add(notices) : null,
            Output = _parts.Output is { } output ? descriptors.Add(output) : null,
            Errors = _parts.Errors is { } errors ? descriptors.Add(errors) : null,
            Gate = IsLaunching ? descriptors.Add(_parts.Gate!) : null,
            IsRemnant = isRemnant,
            Command = _parts.Command,
            StopGrace = _parts.StopGrace,
            User = _parts.User,
            IsWorker = _parts.IsWorker,
            Cgroup = _parts.Cgroup?.Folder,
            Memory = Memory,
        };

    public void Dispose()
    {
        _watches.ForEach(watch => watch.Dispose());
        _output?.Dispose();
        _errors?.Dispose();
        _gateWatch?.Dispose();
        _parts.Dispose();
    }

    internal static void Send(SafeFileHandle gate, ReadOnlySpan<byte> bytes)
    {
        try
        {
            Libc.Send(gate, bytes);
        }
        catch (Win32Exception)
        {
            // It was killed before it became anything; its end is told by the other descriptor.
        }
    }

    private void OnGate()
    {
        Span<byte> error = stackalloc byte[MostError];
        var length = 0;
        try
        {
            length = Libc.Read(_parts.Gate!, error);
        }
        catch (Win32Exception)
        {
            // Reset, as its end was killed with unread bytes: no word of an error.
        }

        if (length == Libc.WouldBlock)
        {
            return;
        }

        _gateWatch?.Dispose();
        _parts.Gate!.Dispose();
        if (length >= sizeof(int))
        {
            _launchError = BinaryPrimitives.ReadInt32LittleEndian(error);
            _launchStep = Encoding.UTF8.GetString(error[sizeof(int)..length]);
        }
        else
        {
            Executed?.Invoke();
        }
    }

    private void OnNotice()
    {
        for (var left = MostNotices; left > 0; left--)
        {
            if (_parts.Notices is not { } notices || Libc.ReceiveNotice(notices) is not { } notice)
            {
                return;
            }

            // A sender that has ended already (systemd-notify) cannot be looked up: then its user must do, and it
            // knew the socket's random name.
            var sender = ProcessTable.Read(notice.Pid);
            var isOurs = sender is { } stat
                ? stat.Session == Pid || Family.Contains(notice.Pid)
                : notice.User == _parts.User;
            if (isOurs)
            {
                _context.Notice(_parts.Number, NotifyMessage.Parse(notice.Text));
            }
        }
    }

    private void DrainOutput()
    {
        _output?.Drain();
        _errors?.Drain();
    }

    private void OnEnd()
    {
        if (_parts.Gate is { IsClosed: false })
        {
            OnGate();
        }

        _watches.ForEach(watch => watch.Dispose());
        OnNotice();
        DrainOutput();
        _context.Log?.Flush(); // Who reads of the end finds there what was said last.

        _hasEnded = true;

        // Not reaped as long as its session has members: its number is the session's.
        var how = Libc.WaitForChild(_parts.Process, reap: _parts.IsWorker);
        WaitStatus = how?.WaitStatus ?? 0;
        var (end, detail) = Describe(how);
        _context.Ended(_parts.Number, end, detail);
        if (_parts.IsWorker)
        {
            Dispose();
            Vanished?.Invoke();
            return;
        }

        _killRemnantsAt = _isKilled ? _context.Poller.Now : _context.Poller.Now + _parts.StopGrace;
        SendSignal(Family, Libc.SignalTerminate);
        CleanUp();
    }

    private (GenerationEnd End, string Detail) Describe(ChildEnd? end) => end switch
    {
        _ when _launchError != 0 =>
            (GenerationEnd.ExecFailed, _launchStep.StartsWith("exec ", StringComparison.Ordinal)
                ? $"Cannot execute {_parts.Command}: {new Win32Exception(_launchError).Message}."
                : $"Cannot start {_parts.Command}: {_launchStep}."),
        null => (GenerationEnd.Exited, "Ended; how is unknown, since an earlier supervisor had started it."),
        { IsSignal: true, Status: Libc.SignalKill } when _parts.Cgroup is { OutOfMemoryKills: > 0 } =>
            (GenerationEnd.OutOfMemory, "Killed by the kernel: it wanted more memory than server.limits.memory_max."),
        { IsSignal: true, Status: var signal } =>
            (GenerationEnd.Signalled, $"Ended by signal {SignalTable.NameOf(signal)}."),
        { Status: var code } =>
            (GenerationEnd.Exited, string.Create(CultureInfo.InvariantCulture, $"Exited with code {code}.")),
    };

    /// <summary>Waits for what the process left behind in its session.</summary>
    private void CleanUp()
    {
        var family = Family;
        if (family.Count > 0)
        {
            if (_killRemnantsAt <= _context.Poller.Now)
            {
                _parts.Cgroup?.Kill();
                SendSignal(family, Libc.SignalKill);
            }

            _context.Poller.After(RemnantPause, CleanUp);
            return;
        }

        Libc.WaitForChild(_parts.Process, reap: true);
        DrainOutput();
        _parts.Cgroup?.Remove();
        Dispose();
        Vanished?.Invoke();
    }

    internal static void SendSignal(HashSet<int> family, int signal)
    {
        foreach (var pid in family)
        {
            try
            {
                using var process = Libc.OpenProcess(pid);
                if (process is not null)
                {
                    Libc.SendSignal(process, signal);
                }
            }
            catch (Win32Exception)
            {
                // It has become another user's, who alone may end it; the rest can be signalled.
            }
        }
    }
}
