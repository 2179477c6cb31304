using System.Text.Json.Serialization;

namespace Slipway.Agent.Deployments;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(DeploymentsApp))]
internal sealed partial class DeploymentsAppJson : JsonSerializerContext;
