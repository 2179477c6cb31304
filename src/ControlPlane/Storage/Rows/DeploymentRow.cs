namespace Slipway.ControlPlane.Storage.Rows;

/// <summary>One agent's part of a rollout, or a deployment that no rollout asked for.</summary>
internal sealed class DeploymentRow
{
    public Guid Id { get; set; }

    public Guid? RolloutId { get; set; }

    public required string Application { get; set; }

    public required string Environment { get; set; }

    /// <summary>Null for a host that is no agent of ours, such as one that runs Dewy.</summary>
    public Guid? AgentId { get; set; }

    public string AgentName { get; set; } = "";

    public required string Version { get; set; }

    public string PreviousVersion { get; set; } = "";

    public int Phase { get; set; }

    public int Reason { get; set; }

    public string Detail { get; set; } = "";

    public string Output { get; set; } = "";

    public int Batch { get; set; }

    /// <summary>The last report that was taken in.</summary>
    public long LastSequence { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }

    public List<DeploymentPhaseRow> Phases { get; set; } = [];

    public List<DeploymentEndRow> Ends { get; set; } = [];
}
