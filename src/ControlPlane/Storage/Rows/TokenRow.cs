namespace Slipway.ControlPlane.Storage.Rows;

internal sealed class TokenRow
{
    public required string Id { get; set; }

    /// <summary>Unique among the tokens that are not revoked.</summary>
    public required string Name { get; set; }

    public string ScopesJson { get; set; } = "[]";

    public byte[] SecretHash { get; set; } = [];

    public string CreatedBy { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? ExpiresAt { get; set; }

    public DateTimeOffset? LastUsedAt { get; set; }

    public DateTimeOffset? RevokedAt { get; set; }
}
