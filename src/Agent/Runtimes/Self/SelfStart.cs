using System.ComponentModel;
using Microsoft.Extensions.Logging;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;

namespace Slipway.Agent.Runtimes.Self;

/// <summary>The first thing that an agent does: it becomes the program that it is to be.</summary>
/// <remarks>
/// The installed program is what a service manager starts, always. It is never replaced here, and so can always go
/// back. One on trial is given an alarm by it, which the kernel keeps across the exec: it ends even who hangs.
/// </remarks>
internal static partial class SelfStart
{
    private const string SlotVariable = "SLIPWAY_AGENT_SLOT";

    /// <summary>The slot that this process's program is in; null: it is the installed one.</summary>
    public static string? Slot { get; } = Environment.GetEnvironmentVariable(SlotVariable);

    /// <summary>Returns if this program is the one. The state folder must be this process's.</summary>
    public static void Become(string stateFolder, string configFile, TimeProvider timeProvider, ILogger logger)
    {
        if (Slot is not null)
        {
            return;
        }

        var store = new SelfStore(stateFolder);
        while (true)
        {
            var before = store.Load();
            var plan = Write(store, before, SelfPlanner.Start(before, timeProvider.GetUtcNow()), logger);
            if (plan.State.Trial is { Phase: SelfPhase.Failed } failed && before.Trial!.Phase != SelfPhase.Failed)
            {
                Log.WentBack(logger, failed.Detail);
            }

            if (plan.State.Reverted is { } why && before.Reverted is null)
            {
                Log.WentBack(logger, why);
            }

            if (plan.Slot is not { } slot)
            {
                return;
            }

            try
            {
                Execute(store.PathOf(slot), slot, configFile, plan.Limit);
            }
            catch (Win32Exception e)
            {
                Libc.SetAlarm(TimeSpan.Zero);
                Log.NotExecuted(logger, store.PathOf(slot), e.Message);
                if (plan.Limit is null)
                {
                    return; // The installed program is better than none.
                }
            }
        }
    }

    /// <summary>The agent ends in order: its next start is no sign that it does not work.</summary>
    public static void End(string stateFolder, ILogger logger)
    {
        var store = new SelfStore(stateFolder);
        var before = store.Load();
        var after = SelfPlanner.Forget(before, Slot);
        Write(store, before, new(after, Slot, Limit: null), logger);
    }

    // A full disk keeps no host without its agent.
    private static SelfPlan Write(SelfStore store, SelfState before, SelfPlan plan, ILogger logger)
    {
        try
        {
            if (plan.State != before)
            {
                store.Save(plan.State);
            }

            return plan;
        }
        catch (IOException e)
        {
            Log.NotWritten(logger, e.Message);
            return SelfPlanner.Unwritten(before, plan);
        }
    }

    private static void Execute(string program, string slot, string configFile, TimeSpan? limit)
    {
        Libc.UnblockSignals();
        Libc.Execute(
            program,
            [program, "run", "--config", configFile],
            [.. ChildLauncher.OwnEnvironment(), $"{SlotVariable}={slot}"],
            () => Libc.SetAlarm(limit ?? TimeSpan.Zero));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The upgrade of the agent was reverted: {Why}")]
        public static partial void WentBack(ILogger logger, string why);

        [LoggerMessage(3, LogLevel.Warning, "The agent's program/state.json cannot be written: {Why}")]
        public static partial void NotWritten(ILogger logger, string why);

        [LoggerMessage(2, LogLevel.Error, "The agent's program {Path} cannot be executed: {Why}")]
        public static partial void NotExecuted(ILogger logger, string path, string why);
    }
}
