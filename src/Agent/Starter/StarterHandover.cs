using System.Text.Json;
using System.Text.Json.Serialization;
using Slipway.Agent.Supervisor;

namespace Slipway.Agent.Starter;

/// <summary>
/// What start_server's program leaves to the next one in the same process, beside the supervisor's state. Descriptors
/// are given by their places. The options are not in it: the next program reads the same command line.
/// </summary>
/// <param name="Format">What a program must know to read this; grows when an older one could misread it.</param>
/// <param name="Program">The path that the program was started by.</param>
/// <param name="State">What the planner remembers.</param>
/// <param name="Workers">Where workers find the sockets.</param>
internal sealed record StarterHandover(
    int Format, string Program, StarterState State, IReadOnlyList<WorkerSocket> Workers)
{
    public const int CurrentFormat = 1;

    /// <summary>The file that names the process, locked; null: there is none.</summary>
    public int? PidFile { get; init; }

    /// <summary>The process that takes the output; null: there is none, or it has ended.</summary>
    public int? LogProcess { get; init; }

    /// <summary>Where the one who made a daemon waits for the first worker; null: nobody waits.</summary>
    public int? Report { get; init; }

    /// <exception cref="JsonException">It is none, or one that this program does not understand.</exception>
    public static StarterHandover Read(string? text)
    {
        var handover = JsonSerializer.Deserialize(
            text ?? throw new JsonException("The handover is of no start_server."),
            StarterJson.Default.StarterHandover);
        if (handover is not { State: not null, Program: not null, Workers: not null })
        {
            throw new JsonException("start_server's handover lacks its state, program or workers.");
        }

        return handover.Format is > 0 and <= CurrentFormat
            ? handover with { State = handover.State.Normalized() }
            : throw new JsonException(
                $"start_server's handover has format {handover.Format}; this program reads 1 to {CurrentFormat}.");
    }

    public string Write() => JsonSerializer.Serialize(this, StarterJson.Default.StarterHandover);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    IgnoreReadOnlyProperties = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StarterHandover))]
internal sealed partial class StarterJson : JsonSerializerContext;
