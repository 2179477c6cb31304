using System.Text.Json.Serialization;
using Slipway.Agent.Supervisor.Upgrades;

namespace Slipway.Agent.Supervisor;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    IgnoreReadOnlyProperties = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SupervisorRequest))]
[JsonSerializable(typeof(SupervisorReply))]
[JsonSerializable(typeof(GenerationSpec))]
[JsonSerializable(typeof(SupervisorJournal))]
[JsonSerializable(typeof(Handover))]
internal sealed partial class SupervisorJson : JsonSerializerContext;
