using System.Collections;
using System.Collections.Concurrent;
using System.ComponentModel;
using Grpc.Core;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;
using Slipway.Shared.Rpc;

namespace Slipway.Agent.Supervisor;

/// <summary>Finds the living supervisor of a folder, or starts one that outlives this process.</summary>
/// <param name="program">The agent's own program.</param>
/// <param name="time">The clock.</param>
internal sealed class SupervisorProcess(string program, TimeProvider time)
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly string[] Private =
    [
        "SLIPWAY_", "LISTEN_", "SERVER_STARTER_", "NOTIFY_SOCKET", "WATCHDOG_",
        "DOTNET_EnableDiagnostics", "DOTNET_gc", "DOTNET_GC",
    ];

    // One a workload: no diagnostics socket, no collector thread, and a collection after 2 MiB (hexadecimal; the
    // native runtime knows no 0x), not after the processor's cache: 8 MiB of its own after five deployments, not 20.
    private static readonly string[] Frugal =
        ["DOTNET_EnableDiagnostics=0", "DOTNET_gcConcurrent=0", "DOTNET_GCgen0size=200000"];

    private readonly ConcurrentDictionary<int, SafeFileHandle> _started = new();

    /// <summary>
    /// Returns once the supervisor of <paramref name="folder"/> answers. Two callers that race are safe: a supervisor
    /// that finds the folder's lock taken ends at once.
    /// </summary>
    /// <exception cref="ProblemException">SUPERVISOR_UNAVAILABLE: it could not be started.</exception>
    public async Task<SupervisorClient> EnsureRunningAsync(string folder, CancellationToken cancellationToken)
    {
        folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Reap();
        var client = new SupervisorClient(folder, time);
        var begin = time.GetTimestamp();
        (int Pid, SafeFileHandle Process)? started = null;
        try
        {
            while (true)
            {
                try
                {
                    var state = await client.StateAsync(cancellationToken);
                    if (started is null || started.Value.Pid == state.SupervisorPid)
                    {
                        return client;
                    }
                }
                catch (ProblemException e) when (e.Problem.Code == StatusCode.Unavailable)
                {
                    if (time.GetElapsedTime(begin) > StartLimit)
                    {
                        throw;
                    }

                    started ??= Start(folder);
                }

                // One that was beaten to the lock must be gone before anyone relies on the winner: were the winner
                // shut down first, the straggler would take its place, unasked.
                if (started is var (_, process) && Libc.WaitForChild(process, reap: true) is { } end)
                {
                    process.Dispose();
                    started = null; // The lock was taken: by one that begins to serve, or by one about to end.
                    if (end is not { IsSignal: false, Status: 0 })
                    {
                        var words = SupervisorLog.LastLine(folder);
                        throw Failure(folder, $"it ended at once ({end}); {SupervisorLog.Name}: {words}", inner: null);
                    }
                }

                await Task.Delay(Pause, time, cancellationToken);
            }
        }
        finally
        {
            if (started is var (pid, handle))
            {
                _started[pid] = handle;
            }
        }
    }

    private static ProblemException Failure(string folder, string why, Exception? inner) => new(
        new Problem(
            StatusCode.Unavailable,
            "SUPERVISOR_UNAVAILABLE",
            $"The supervisor of {folder} could not be started: {why}."),
        inner);

    private (int Pid, SafeFileHandle Process) Start(string folder)
    {
        try
        {
            using var nothing = Libc.Open("/dev/null", Libc.ReadWrite);
            using var log = SupervisorLog.Open(folder);
            var pid = Libc.Spawn(new SpawnOrder(
                program, [program, "supervisor", "--folder", folder], [.. InheritedEnvironment(), .. Frugal])
            {
                Descriptors = SpawnOrder.InOrder(nothing, log, log),
            });
            return (pid, Libc.OpenProcess(pid)!);
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw Failure(folder, e.Message, e);
        }
    }

    /// <summary>Ended supervisors stay as zombies until their parent has asked how they ended.</summary>
    private void Reap()
    {
        foreach (var (pid, process) in _started)
        {
            if (Libc.WaitForChild(process, reap: true) is not null && _started.TryRemove(pid, out _))
            {
                process.Dispose();
            }
        }
    }

    /// <summary>A supervisor needs none of the agent's settings, and must not see its secrets.</summary>
    private static IEnumerable<string> InheritedEnvironment() =>
        from DictionaryEntry entry in Environment.GetEnvironmentVariables()
        let name = (string)entry.Key
        where !Private.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))
        select $"{name}={entry.Value}";
}
