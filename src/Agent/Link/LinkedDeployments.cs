using System.Threading.Channels;
using Slipway.Agent.Deployments;

namespace Slipway.Agent.Link;

/// <summary>The deployments' end of the link: what it tells them, and what it asks them.</summary>
internal sealed record LinkedDeployments
{
    /// <summary>What they were last asked to run.</summary>
    public required Func<DesiredState> Desired { get; init; }

    /// <summary>Told when a session has begun.</summary>
    public Action Connected { get; init; } = () => { };

    /// <summary>Stores what they should run, then lets them act; returns when it is stored.</summary>
    public required Func<DesiredState, CancellationToken, Task> AcceptAsync { get; init; }

    /// <summary>
    /// Forgets which revision the desired state has: another control plane, or a new enrolment, counts anew.
    /// </summary>
    public required Func<CancellationToken, Task> ForgetTokenAsync { get; init; }

    /// <summary>What really runs; null: that is not known yet.</summary>
    public required Func<IReadOnlyList<WorkloadStatus>?> Observe { get; init; }

    /// <summary>Reports that the control plane has not acknowledged, oldest first.</summary>
    public required Func<IReadOnlyList<DeploymentReport>> Pending { get; init; }

    /// <summary>The control plane has the deployment's reports up to this sequence.</summary>
    public required Action<string, uint> Acknowledge { get; init; }

    /// <summary>Where a workload's output is kept.</summary>
    public Func<WorkloadKey, string?> LogOf { get; init; } = _ => null;

    /// <summary>Something is new: a report, or what is observed.</summary>
    public required ChannelReader<bool> Changes { get; init; }

    /// <summary>The end of an engine that has been started.</summary>
    public static LinkedDeployments Of(DeploymentEngine engine) => new()
    {
        Desired = () => engine.Desired,
        Connected = engine.Connect,
        AcceptAsync = engine.AcceptAsync,
        ForgetTokenAsync = engine.ForgetTokenAsync,
        Observe = () => engine.HasLooked ? engine.Observe() : null,
        Pending = engine.Reports.Pending,
        Acknowledge = engine.Reports.Acknowledge,
        LogOf = engine.LogOf,
        Changes = engine.Changes,
    };
}
