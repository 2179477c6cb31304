namespace Slipway.ControlPlane.Storage.Rows;

internal sealed class SettingRow
{
    /// <summary>Grows when agents must be told everything afresh.</summary>
    public const string Epoch = "epoch";

    /// <summary>There while a control plane runs on this database, and after one that did not stop in order.</summary>
    public const string Running = "running";

    /// <summary>The number and the hash of the audit log's last entry.</summary>
    public const string AuditHead = "audit.head";

    public required string Key { get; set; }

    public required string Value { get; set; }
}
