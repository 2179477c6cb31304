using System.Text.Json.Serialization;

namespace Tests.Benchmarks;

/// <summary>One number that was promised something, beside its peers' from the same run.</summary>
internal sealed record Measurement(string Metric, string Unit, Better Better, double Ours)
{
    public Dictionary<string, double> Peers { get; init; } = [];

    /// <summary>Ours to the best peer's; absent without peers.</summary>
    public double? Ratio => Peers.Count == 0 ? null
        : Math.Round(Ours / (Better == Better.Lower ? Peers.Values.Min() : Peers.Values.Max()), 3);

    /// <summary>What was promised: at most this, or at least this.</summary>
    public double? Goal { get; init; }

    public bool? Met => Goal is not { } goal ? null : Better == Better.Lower ? Ours <= goal : Ours >= goal;
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    UseStringEnumConverter = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(IReadOnlyList<Measurement>))]
internal sealed partial class MeasurementJson : JsonSerializerContext;
