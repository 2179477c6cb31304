using System.Text.Json.Serialization;
using Slipway.Agent.Deployments;

namespace Slipway.Agent.Runtimes.Self;

/// <summary>Which program the agent is, and which one it may become. On disk before it is so.</summary>
internal sealed record SelfState
{
    public static readonly SelfState Empty = new();

    /// <summary>The program that has shown that it works; null: the installed one.</summary>
    public SelfProgram? Current { get; init; }

    /// <summary>The one that has yet to show it.</summary>
    public SelfTrial? Trial { get; init; }

    /// <summary>Whether the agent before this one can be gone back to: its program is still there.</summary>
    public bool HasPrevious { get; init; }

    /// <summary>That agent; null: the installed one.</summary>
    public SelfProgram? Previous { get; init; }

    /// <summary>How often the current one was started since it was last well, or ended in order.</summary>
    public int Starts { get; init; }

    /// <summary>When the first of these starts was.</summary>
    public DateTimeOffset? StartsSince { get; init; }

    /// <summary>Why the agent before runs again, although this one had stayed; null: no such thing.</summary>
    public string? Reverted { get; init; }
}

/// <summary>A program in its slot.</summary>
/// <param name="Slot">The slot's name.</param>
/// <param name="Ticket">What it was deployed with.</param>
/// <param name="Version">Its release.</param>
/// <param name="At">When it was put there.</param>
internal sealed record SelfProgram(string Slot, string Ticket, string Version, DateTimeOffset At);

/// <summary>A program that is to be tried.</summary>
/// <param name="Program">Which.</param>
/// <param name="Phase">How far it is.</param>
/// <param name="Limit">How long it has, from its start, to show that it works.</param>
internal sealed record SelfTrial(SelfProgram Program, SelfPhase Phase, TimeSpan Limit)
{
    /// <summary>Why it failed.</summary>
    public string Detail { get; init; } = "";

    /// <summary>In the words of the engine.</summary>
    public Instance Translate() => new(
        Program.Ticket,
        Program.Version,
        Phase switch
        {
            SelfPhase.Ready => InstancePhase.Ready,
            SelfPhase.Switching or SelfPhase.Trying => InstancePhase.Confirming,
            _ => InstancePhase.Failed,
        },
        Pid: 0,
        Program.At)
    {
        ReadyAt = Program.At,
        Reason = Phase == SelfPhase.Failed ? FailureReason.UpgradeReverted : FailureReason.None,
        Detail = Phase == SelfPhase.Failed ? Detail : $"The agent of release {Program.Version} is on trial.",
    };
}

/// <summary>How far the trial of a program is. The numbers are stored.</summary>
internal enum SelfPhase
{
    Unspecified = 0,

    /// <summary>It is in its slot.</summary>
    Ready = 1,

    /// <summary>The next start of the agent is its first.</summary>
    Switching = 2,

    /// <summary>It was started: who finds this at the next start knows that it ended.</summary>
    Trying = 3,

    /// <summary>It did not show that it works.</summary>
    Failed = 4,
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SelfState))]
internal sealed partial class SelfStateJson : JsonSerializerContext;
