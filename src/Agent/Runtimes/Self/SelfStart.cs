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
    public static void Become(string stateFolder, string configFile, ILogger logger)
    {
        if (Slot is not null)
        {
            return;
        }

        var store = new SelfStore(stateFolder);
        while (true)
        {
            var before = store.Load();
            var plan = SelfPlanner.Start(before);
            if (plan.State != before)
            {
                store.Save(plan.State);
            }

            if (plan.State.Trial is { Phase: SelfPhase.Failed } failed && before.Trial!.Phase != SelfPhase.Failed)
            {
                Log.WentBack(logger, failed.Detail);
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

        [LoggerMessage(2, LogLevel.Error, "The agent's program {Path} cannot be executed: {Why}")]
        public static partial void NotExecuted(ILogger logger, string path, string why);
    }
}
