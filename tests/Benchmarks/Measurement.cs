using System.Text.Json.Serialization;

namespace Tests.Benchmarks;

/// <summary>One number that was promised something, beside its peers' from the same run.</summary>
internal sealed record Measurement(string Metric, string Unit, Better Better, double Ours)
{
    public Dictionary<string, double> Peers { get; init; } = [];

    /// <summary>Ours to the best peer's; absent without peers, and where the best peer has none of it.</summary>
    public double? Ratio => Best is null or 0 ? null : Math.Round(Ours / Best.Value, 3);

    /// <summary>What was promised: at most this, or at least this.</summary>
    public double? Goal { get; init; }

    private double? Best => Peers.Count == 0 ? null
        : Better == Better.Lower ? Peers.Values.Min()
        : Peers.Values.Max();

    public bool? Met => Goal is not { } goal ? null : Better == Better.Lower ? Ours <= goal : Ours >= goal;
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    UseStringEnumConverter = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(IReadOnlyList<Measurement>))]
internal sealed partial class MeasurementJson : JsonSerializerContext;
