namespace Slipway.ControlPlane.Storage.Rows;

internal sealed class AuditRow
{
    /// <summary>1, 2, 3, ... without gaps.</summary>
    public long Sequence { get; set; }

    public DateTimeOffset At { get; set; }

    public string Actor { get; set; } = "";

    public string RemoteAddress { get; set; } = "";

    public string Verb { get; set; } = "";

    public string Object { get; set; } = "";

    public string Detail { get; set; } = "";

    public string Reason { get; set; } = "";

    public int Outcome { get; set; }

    public byte[] PreviousHash { get; set; } = [];

    public byte[] Hash { get; set; } = [];
}
