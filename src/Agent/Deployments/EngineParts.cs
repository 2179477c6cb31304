using Microsoft.Extensions.Logging;

namespace Slipway.Agent.Deployments;

/// <summary>What all workloads of an engine share.</summary>
internal sealed class EngineParts : IDisposable
{
    // Hashing and unpacking are work; more at once would only take the disk from what is serving.
    private const int HeavySteps = 2;

    public required EngineFolder Folder { get; init; }

    public required ReportSpool Reports { get; init; }

    public required ArtifactCache Cache { get; init; }

    public required TimeProvider TimeProvider { get; init; }

    public required Jitter Jitter { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>Whether the control plane was reached since the start: this agent is one that works.</summary>
    public required Func<bool> IsLinked { get; init; }

    /// <summary>Whether all workloads were looked at too: it is one that works well.</summary>
    public required Func<bool> IsProven { get; init; }

    /// <summary>Keeps deployments and the agent's own upgrade apart.</summary>
    public HostTurns Turns { get; } = new();

    /// <summary>Tells whoever listens that a report or a status is new.</summary>
    public required Action Changed { get; init; }

    /// <summary>Tells that a loop has nothing left to do.</summary>
    public required Action Departed { get; init; }

    /// <summary>The modules in force.</summary>
    public required Func<EngineModules> Modules { get; init; }

    /// <summary>Bounds the heavy steps of all workloads together.</summary>
    public SemaphoreSlim Slots { get; } = new(HeavySteps, HeavySteps);

    public void Dispose() => Slots.Dispose();
}
