using System.Text.Json.Serialization;

namespace Slipway.Agent.Runtimes.Self;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(SelfRuntime))]
internal sealed partial class SelfRuntimeJson : JsonSerializerContext;
