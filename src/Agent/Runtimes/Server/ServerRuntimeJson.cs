using System.Text.Json.Serialization;

namespace Slipway.Agent.Runtimes.Server;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ServerRuntime))]
internal sealed partial class ServerRuntimeJson : JsonSerializerContext;
