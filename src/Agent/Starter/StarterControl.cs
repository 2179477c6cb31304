using System.ComponentModel;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;

namespace Slipway.Agent.Starter;

/// <summary>--restart and --stop: tell a running daemon by its pid file, and wait until it has done so.</summary>
internal sealed class StarterControl(StarterOptions options, TimeProvider time, Action<string> say)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Startup = TimeSpan.FromSeconds(2);

    private readonly long _begin = time.GetTimestamp();

    private TimeSpan Elapsed => time.GetElapsedTime(_begin);

    /// <summary>Returns when all workers are newer than those at the call.</summary>
    public async Task RestartAsync()
    {
        using var file = PidFile.Find(options.PidFile!);
        using var process = await FindAsync(file);
        var wanted = Generations() is [.., var last]
            ? last + 1
            : throw new StarterException("no active process found in the status file");
        Signal(process, Libc.SignalHangUp);
        while (Generations() is not [var only] || only < wanted)
        {
            if (HasEnded(file))
            {
                throw new StarterException("start_server has ended instead");
            }

            await WaitAsync("the new worker does not serve alone");
        }
    }

    /// <summary>Returns when the daemon has ended.</summary>
    public async Task StopAsync()
    {
        using var file = PidFile.Find(options.PidFile!);
        using var process = await FindAsync(file);
        say(string.Create(
            CultureInfo.InvariantCulture,
            $"stop_server (pid:{Environment.ProcessId}) stopping now (pid:{PidFile.ReadPid(options.PidFile!)})..."));
        Signal(process, Libc.SignalTerminate);
        while (!HasEnded(file))
        {
            await WaitAsync("it has not ended");
        }
    }

    /// <summary>The daemon that has the lock: a number in a file without one may be anybody's by now.</summary>
    private async Task<SafeFileHandle> FindAsync(SafeFileHandle file)
    {
        while (true)
        {
            if (HasEnded(file))
            {
                throw new StarterException($"no start_server runs with the pid file {options.PidFile}");
            }

            if (PidFile.ReadPid(options.PidFile!) is { } pid && Libc.OpenProcess(pid) is { } process)
            {
                if (!HasEnded(file))
                {
                    return process; // It lives still, so that its number was nobody else's.
                }

                process.Dispose();
                continue;
            }

            if (Elapsed > Startup)
            {
                throw new StarterException($"{options.PidFile} names no process");
            }

            await Task.Delay(Pause, time, CancellationToken.None);
        }
    }

    private static bool HasEnded(SafeFileHandle file)
    {
        if (!Libc.TryLock(file))
        {
            return false;
        }

        Libc.Unlock(file);
        return true;
    }

    private static void Signal(SafeFileHandle process, int signal)
    {
        try
        {
            Libc.SendSignal(process, signal);
        }
        catch (Win32Exception e)
        {
            throw new StarterException($"failed to signal the server process: {e.Message}");
        }
    }

    private IReadOnlyList<int>? Generations() => StatusFile.ReadGenerations(options.StatusFile!);

    private async Task WaitAsync(string state)
    {
        if (options.Timeout is { } limit && Elapsed > limit)
        {
            throw new StarterException(string.Create(
                CultureInfo.InvariantCulture, $"{state} after {limit.TotalSeconds} secs"));
        }

        await Task.Delay(Pause, time, CancellationToken.None);
    }
}
