namespace Slipway.ControlPlane.Storage.Rows;

internal sealed class EnrollmentTokenRow
{
    public required string Id { get; set; }

    public byte[] SecretHash { get; set; } = [];

    /// <summary>What the agents that enrol with it are labelled with.</summary>
    public string LabelsJson { get; set; } = "{}";

    public int Uses { get; set; }

    public int UsesLeft { get; set; }

    public string CreatedBy { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }
}
