namespace Slipway.ControlPlane.Storage.Rows;

internal sealed class ApplicationRow : IVersioned
{
    public required string Name { get; set; }

    public string Description { get; set; } = "";

    public string SpecJson { get; set; } = "{}";

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}
