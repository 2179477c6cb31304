using System.Text.Json;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>What the outbox says when a release was pushed.</summary>
internal sealed record ReleasePushed(string Application, string Version)
{
    public const string Kind = "release.pushed";

    public static ReleasePushed Read(string json) =>
        JsonSerializer.Deserialize<ReleasePushed>(json, JsonSerializerOptions.Web)
        ?? throw new JsonException("There is no release in null.");
}
