using System.Text.Json.Serialization;

namespace Slipway.Agent.Link;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(LinkApp))]
[JsonSerializable(typeof(ControlPlaneArtifacts))]
[JsonSerializable(typeof(IdentityFile))]
internal sealed partial class LinkJson : JsonSerializerContext;
