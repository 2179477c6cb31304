using System.Text.Json.Serialization;

namespace Slipway.Agent.Deployments;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(DigestJsonConverter)])]
[JsonSerializable(typeof(DesiredState))]
[JsonSerializable(typeof(JournalRecord))]
[JsonSerializable(typeof(ReleaseManifest))]
[JsonSerializable(typeof(WorkloadRecord))]
[JsonSerializable(typeof(DeploymentReport))]
internal sealed partial class DeploymentJson : JsonSerializerContext;
