namespace Slipway.ControlPlane.Storage.Rows;

/// <summary>One host. A removed agent's row stays, so that its certificate can be refused by name.</summary>
internal sealed class AgentRow : IVersioned
{
    public Guid Id { get; set; }

    /// <summary>Unique among the agents that are not removed.</summary>
    public required string Name { get; set; }

    public string LabelsJson { get; set; } = "{}";

    public string SelfLabelsJson { get; set; } = "{}";

    public string Platform { get; set; } = "";

    public string AgentVersion { get; set; } = "";

    public string MachineId { get; set; } = "";

    public string BootId { get; set; } = "";

    public string CertificateSerial { get; set; } = "";

    public DateTimeOffset CertificateExpiresAt { get; set; }

    /// <summary>SHA-256 of the key in the last certificate: who enrols with it again is the same agent.</summary>
    public byte[] PublicKeyHash { get; set; } = [];

    public DateTimeOffset EnrolledAt { get; set; }

    public DateTimeOffset? LastSeenAt { get; set; }

    public DateTimeOffset? RemovedAt { get; set; }

    /// <summary>The open session, or null while the agent is offline.</summary>
    public string? SessionId { get; set; }

    /// <summary>The replica of the control plane that holds the session.</summary>
    public string? SessionReplica { get; set; }

    public long DesiredRevision { get; set; }

    public long AckRevision { get; set; }

    /// <summary>What the agent last said of its workloads.</summary>
    public string ObservedJson { get; set; } = "[]";

    public long Version { get; set; }

    public List<WorkloadRow> Workloads { get; set; } = [];
}
