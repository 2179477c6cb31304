using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Slipway.Agent.Deployments;
using Slipway.Agent.Supervisor;
using Slipway.Agent.Supervisor.Upgrades;
using Slipway.Shared.Rpc;

namespace Slipway.Agent.Runtimes.Server;

/// <summary>
/// Asks supervisors that run another version than this agent to become this one: one after the other, and ever more
/// seldom one that could not.
/// </summary>
/// <param name="program">The agent's own program.</param>
/// <param name="version">Its version.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Keeps a fleet's hosts apart.</param>
/// <param name="logger">Told what came of it.</param>
internal sealed partial class SupervisorUpgrades(
    string program, string version, TimeProvider time, Random random, ILogger logger)
{
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan OutcomeLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(6);

    // Of the process: however often the configuration is read again, it is one at a time.
    private static readonly SemaphoreSlim One = new(1, 1);

    private readonly ConcurrentDictionary<string, (int Failures, DateTimeOffset NotBefore)> _failed = new();

    /// <summary>Upgrades the supervisor of the folder if it is its turn.</summary>
    /// <returns>When to ask again.</returns>
    public async Task<TimeSpan> OfferAsync(string folder, CancellationToken cancellationToken)
    {
        if (_failed.TryGetValue(folder, out var failed) && failed.NotBefore > time.GetUtcNow())
        {
            return failed.NotBefore - time.GetUtcNow();
        }

        var client = new SupervisorClient(folder, time);
        try
        {
            var before = await client.StateAsync(cancellationToken);
            if (before.Version is null || before.Version == version)
            {
                _failed.TryRemove(folder, out _);
                return IRuntime.Never;
            }

            return await One.WaitAsync(TimeSpan.Zero, cancellationToken)
                ? await UpgradeAsync(client, folder, before.Version, failed.Failures, cancellationToken)
                : Around(Turn);
        }
        catch (ProblemException e)
        {
            return Fail(folder, failed.Failures, e.Message);
        }
    }

    private async Task<TimeSpan> UpgradeAsync(
        SupervisorClient client, string folder, string before, int failures, CancellationToken cancellationToken)
    {
        try
        {
            var state = await OutcomeAsync(client, cancellationToken);
            if (state.Version != version)
            {
                return Fail(folder, failures, state.Upgrade.ToString());
            }

            _failed.TryRemove(folder, out _);
            Log.Upgraded(logger, folder, before, version);
            return IRuntime.Never;
        }
        finally
        {
            One.Release();
        }
    }

    private async Task<SupervisorState> OutcomeAsync(SupervisorClient client, CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        var state = await client.UpgradeAsync(program, cancellationToken);
        while (state.Upgrade.Phase == UpgradePhase.Checking && time.GetElapsedTime(begin) < OutcomeLimit)
        {
            await Task.Delay(Glance, time, cancellationToken);
            state = await client.StateAsync(cancellationToken);
        }

        return state;
    }

    private TimeSpan Fail(string folder, int failures, string why)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(failures, 16));
        pause = Around(pause < LongestPause ? pause : LongestPause);
        _failed[folder] = (failures + 1, time.GetUtcNow() + pause);
        Log.NotUpgraded(logger, folder, why, pause);
        return pause;
    }

    private TimeSpan Around(TimeSpan pause) => pause * (0.8 + (0.4 * random.NextDouble()));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The supervisor of {Folder} was upgraded in place from {Old} to {New}")]
        public static partial void Upgraded(ILogger logger, string folder, string old, string @new);

        [LoggerMessage(2, LogLevel.Warning, "The supervisor of {Folder} keeps its program: {Why}; again in {Pause}")]
        public static partial void NotUpgraded(ILogger logger, string folder, string why, TimeSpan pause);
    }
}
