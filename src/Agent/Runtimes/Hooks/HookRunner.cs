using System.Buffers.Binary;
using System.ComponentModel;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;

namespace Slipway.Agent.Runtimes.Hooks;

/// <summary>
/// Runs the hooks of one workload as its user, one after the other. Nothing of a hook outlives it; one that an earlier
/// agent left running is ended before the next begins.
/// </summary>
/// <param name="program">The agent's program, which has the role of a launcher too.</param>
/// <param name="folder">The workload's folder.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Is told what runs.</param>
internal sealed partial class HookRunner(string program, string folder, TimeProvider timeProvider, ILogger logger)
{
    public const string Before = "before";
    public const string After = "after";

    private const int ReadSize = 16 * 1024;
    private const int TailSize = 8 * 1024;

    /// <summary>More than a pipe holds; then the time is looked at: a hook may write faster than anybody reads.
    /// </summary>
    private const int MostAtOnce = 1024 * 1024;

    private const int MostError = 1024;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>What cannot be killed, such as another user's, holds nothing up for longer.</summary>
    private static readonly TimeSpan RemnantLimit = TimeSpan.FromSeconds(10);

    private readonly ProcessTable _processes = new();

    private readonly HookMark _mark = new(folder);

    /// <param name="name">Which: <see cref="Before"/> or <see cref="After"/>.</param>
    /// <param name="hook">What to run.</param>
    /// <param name="workload">Whose hook it is.</param>
    /// <param name="release">The release that it is about, and where it runs.</param>
    /// <param name="cancellationToken">Ends it; it can be run again.</param>
    /// <returns>What it wrote last.</returns>
    /// <exception cref="DeploymentException">HOOK_FAILED, with what it wrote last; or INVALID_SPEC.</exception>
    public async Task<string> RunAsync(
        string name, HookSpec hook, Workload workload, string release, CancellationToken cancellationToken)
    {
        _mark.EndStraggler();
        byte[] tail = [];
        var begin = timeProvider.GetTimestamp();
        Log.Running(logger, name, hook.Command[0]);
        using var parts = Start(name, hook, workload, release);
        try
        {
            _mark.Set(parts.Pid);
            ChildProcess.Send(parts.Gate, [LaunchRole.Go]);
            while (true)
            {
                tail = Drain(parts.Output, tail);
                if (Libc.WaitForChild(parts.Process, reap: false) is { } end)
                {
                    tail = Drain(parts.Output, tail);
                    Check(name, end, parts.Gate, tail);
                    return Encoding.UTF8.GetString(tail);
                }

                if (timeProvider.GetElapsedTime(begin) > hook.Timeout)
                {
                    throw Failure(
                        name,
                        string.Create(CultureInfo.InvariantCulture, $"took longer than {hook.Timeout.TotalSeconds} s"),
                        tail);
                }

                await Task.Delay(Pause, timeProvider, cancellationToken);
            }
        }
        finally
        {
            await EndAsync(parts);
            _mark.Clear();
        }
    }

    private CommandParts Start(string name, HookSpec hook, Workload workload, string release)
    {
        // Where a program is started is the program's affair: each hook begins at the release.
        var spec = new GenerationSpec(
            workload.Version,
            release,
            WorkloadEnvironment.OfHook(workload, release, name),
            workload.Server with
            {
                Confinement = workload.Kind == RuntimeKind.Server && workload.Server.Confinement is { } confinement
                    ? confinement with { WorkingDirectory = null }
                    : null,
            });
        if (ConfinementCheck.Find(spec) is { } problem)
        {
            throw new DeploymentException(FailureReason.InvalidSpec, problem);
        }

        try
        {
            return ChildLauncher.LaunchCommand(spec, hook.Command, _mark.Join, program);
        }
        catch (Win32Exception e)
        {
            throw new DeploymentException(FailureReason.HookFailed, $"The hook '{name}': {e.Message}", e);
        }
    }

    private async Task EndAsync(CommandParts parts)
    {
        // Its number stays its session's until none of that is left.
        var begin = timeProvider.GetTimestamp();
        while (!HasEnded(parts, timeProvider.GetElapsedTime(begin) < RemnantLimit))
        {
            await Task.Delay(Pause, timeProvider, CancellationToken.None); // It may hang in the kernel.
        }

        Libc.WaitForChild(parts.Process, reap: true);
        parts.Cgroup?.Remove();
    }

    private bool HasEnded(CommandParts parts, bool withRemnants)
    {
        var family = _processes.FamilyOf(parts.Pid, parts.Cgroup?.Members);
        parts.Cgroup?.Kill();
        ChildProcess.SendSignal(family, Libc.SignalKill);
        return (family.Count == 0 || !withRemnants) && Libc.WaitForChild(parts.Process, reap: false) is not null;
    }

    private static byte[] Drain(SafeFileHandle output, byte[] tail)
    {
        Span<byte> buffer = stackalloc byte[ReadSize];
        for (var left = MostAtOnce; left > 0 && Libc.Read(output, buffer) is var length and > 0; left -= length)
        {
            byte[] all = [.. tail, .. buffer[..length]];
            tail = all[Math.Max(0, all.Length - TailSize)..];
        }

        return tail;
    }

    private static void Check(string name, ChildEnd end, SafeFileHandle gate, byte[] tail)
    {
        if (end is not { IsSignal: false, Status: 0 })
        {
            throw Failure(
                name,
                LaunchError(gate) is { } error ? $"cannot be executed: {error}"
                    : end.IsSignal ? $"was ended by signal {end.Status}"
                    : $"ended with exit code {end.Status}",
                tail);
        }
    }

    private static string? LaunchError(SafeFileHandle gate)
    {
        Span<byte> error = stackalloc byte[MostError];
        try
        {
            return Libc.Read(gate, error) < sizeof(int)
                ? null
                : new Win32Exception(BinaryPrimitives.ReadInt32LittleEndian(error)).Message;
        }
        catch (Win32Exception)
        {
            return null; // Killed before it became anything.
        }
    }

    private static DeploymentException Failure(string name, string what, byte[] tail) =>
        new(FailureReason.HookFailed, $"The hook '{name}' {what}.") { Output = Encoding.UTF8.GetString(tail) };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Running the hook '{Name}': {Program}")]
        public static partial void Running(ILogger logger, string name, string program);
    }
}
