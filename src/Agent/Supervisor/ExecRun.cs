using System.Buffers.Binary;
using System.ComponentModel;
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Cgroups;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor;

/// <summary>
/// One run of a command that says how a program is: as the program's user, in its folder, with its environment. Nothing
/// of it outlives it.
/// </summary>
internal sealed class ExecRun
{
    private const int MostOutput = 512;
    private const int MostError = 1024;
    private static readonly TimeSpan RemnantPause = TimeSpan.FromMilliseconds(20);

    private readonly ChildContext _context;
    private readonly CommandParts _parts;
    private readonly IDisposable _endWatch;
    private readonly IDisposable _outputWatch;
    private readonly IDisposable _limit;
    private readonly List<byte> _output = [];
    private readonly TimeSpan _timeout;
    private Action<bool, string>? _done;
    private bool _isLate;

    /// <param name="context">Where its news go.</param>
    /// <param name="parts">What was launched.</param>
    /// <param name="timeout">When it is killed.</param>
    /// <param name="done">Told whether it ended well, and what it said.</param>
    public ExecRun(ChildContext context, CommandParts parts, TimeSpan timeout, Action<bool, string> done)
    {
        (_context, _parts, _timeout, _done) = (context, parts, timeout, done);
        _endWatch = context.Poller.On(parts.Process, Libc.Readable, OnEnd);
        _outputWatch = context.Poller.On(parts.Output, Libc.Readable, ReadOutput);
        _limit = context.Poller.After(timeout, () =>
        {
            _isLate = true;
            Kill();
        });
        ChildProcess.Send(parts.Gate, [LaunchRole.Go]);
    }

    /// <summary>Ends it without a word; its process is still waited for.</summary>
    public void Abandon()
    {
        if (_done is not null)
        {
            _done = null;
            Kill();
        }
    }

    private void Kill()
    {
        var family = _context.Processes.FamilyOf(_parts.Pid);
        _parts.Cgroup?.Kill();
        Libc.SendSignal(_parts.Process, Libc.SignalKill);
        ChildProcess.SendSignal(family, Libc.SignalKill);
    }

    private void ReadOutput()
    {
        Span<byte> buffer = stackalloc byte[4096];
        var length = Libc.Read(_parts.Output, buffer);
        if (length > 0)
        {
            _output.AddRange(buffer[..length]);
            _output.RemoveRange(0, Math.Max(0, _output.Count - MostOutput));
        }
        else if (length == 0)
        {
            _outputWatch.Dispose();
        }
    }

    private void OnEnd()
    {
        _endWatch.Dispose();
        _limit.Dispose();
        ReadOutput();
        _outputWatch.Dispose();
        var end = Libc.WaitForChild(_parts.Process, reap: false);
        var detail = Describe(end);
        CleanUp();
        var done = _done;
        _done = null;
        done?.Invoke(end is { IsSignal: false, Status: 0 }, detail);
    }

    /// <summary>Its number stays its session's until none of that is left.</summary>
    private void CleanUp()
    {
        var family = _context.Processes.FamilyOf(_parts.Pid, _parts.Cgroup?.Members);
        if (family.Count > 0)
        {
            _parts.Cgroup?.Kill();
            ChildProcess.SendSignal(family, Libc.SignalKill);
            _context.Poller.After(RemnantPause, CleanUp);
            return;
        }

        Libc.WaitForChild(_parts.Process, reap: true);
        _parts.Cgroup?.Remove();
        _parts.Dispose();
    }

    private string Describe(ChildEnd? end)
    {
        var how = LaunchError() is { } error ? error
            : _isLate ? string.Create(CultureInfo.InvariantCulture, $"did not end within {_timeout.TotalSeconds} s")
            : end is { IsSignal: true, Status: var signal } ? $"was ended by signal {SignalTable.NameOf(signal)}"
            : string.Create(CultureInfo.InvariantCulture, $"exited with code {end?.Status}");
        var said = Encoding.UTF8.GetString([.. _output]).Trim();
        return said.Length == 0 ? $"{_parts.Command} {how}." : $"{_parts.Command} {how}: {said}";
    }

    private string? LaunchError()
    {
        Span<byte> error = stackalloc byte[MostError];
        try
        {
            var length = Libc.Read(_parts.Gate, error);
            return length < sizeof(int)
                ? null
                : "cannot be executed, "
                    + new Win32Exception(BinaryPrimitives.ReadInt32LittleEndian(error)).Message;
        }
        catch (Win32Exception)
        {
            return null; // Killed before it became anything.
        }
    }
}

/// <summary>What a supervisor holds of a command that it runs.</summary>
internal sealed record CommandParts(
    string Command, int Pid, SafeFileHandle Process, SafeFileHandle Output, SafeFileHandle Gate) : IDisposable
{
    /// <summary>Its own; null: it has none.</summary>
    public Cgroup? Cgroup { get; init; }

    public void Dispose()
    {
        Process.Dispose();
        Output.Dispose();
        Gate.Dispose();
    }
}
