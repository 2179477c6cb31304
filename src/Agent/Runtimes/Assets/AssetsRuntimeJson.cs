using System.Text.Json.Serialization;

namespace Slipway.Agent.Runtimes.Assets;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(AssetsRuntime))]
internal sealed partial class AssetsRuntimeJson : JsonSerializerContext;
