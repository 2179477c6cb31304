using System.Text.Json.Serialization;
using Slipway.Agent.Deployments;

namespace Slipway.Agent.Runtimes.Assets;

/// <summary>What of a workload's static files the link leads to, and what it will. On disk before it is so.</summary>
internal sealed record AssetsState
{
    public static readonly AssetsState Empty = new();

    public AssetsInstance? Current { get; init; }

    public AssetsInstance? Next { get; init; }
}

/// <summary>A release that was started.</summary>
/// <param name="Ticket">What it was started with.</param>
/// <param name="Workload">What it belongs to.</param>
/// <param name="Release">Its folder.</param>
/// <param name="Link">The link that leads, or will lead, to it.</param>
/// <param name="Phase">Where it is.</param>
/// <param name="StartedAt">When it was started.</param>
internal sealed record AssetsInstance(
    string Ticket, Workload Workload, string Release, string Link, AssetsPhase Phase, DateTimeOffset StartedAt)
{
    /// <summary>What was put right when it was started; null: it is a deployment.</summary>
    public string? Healed { get; init; }

    public FailureReason Reason { get; init; }

    public string? Detail { get; init; }

    public string? Output { get; init; }

    /// <summary>In the words of the engine.</summary>
    /// <param name="damage">What is wrong with it; null: nothing.</param>
    public Instance Translate(string? damage) => new(Ticket, Workload.Version, PhaseOf(damage), 0, StartedAt)
    {
        ReadyAt = StartedAt,
        Reason = Reason,
        Detail = damage ?? Detail ?? "",
        Output = Output ?? "",
        Note = Healed ?? "",
    };

    private InstancePhase PhaseOf(string? damage) => Phase switch
    {
        _ when damage is not null => InstancePhase.Failed,
        AssetsPhase.Ready or AssetsPhase.Switching => InstancePhase.Ready,
        AssetsPhase.Current => InstancePhase.Current,
        _ => InstancePhase.Failed,
    };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(DigestJsonConverter)])]
[JsonSerializable(typeof(AssetsState))]
internal sealed partial class AssetsStateJson : JsonSerializerContext;
