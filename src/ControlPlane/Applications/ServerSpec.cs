using System.Text.Json.Serialization;

namespace Slipway.ControlPlane.Applications;

/// <summary>A program that listens on sockets which the supervisor owns. Defaults are already filled in.</summary>
internal sealed record ServerSpec : RuntimeSpec
{
    /// <summary>Program and arguments; a relative program with a slash lies in the release.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    public IReadOnlyList<ListenSpec> Listen { get; init; } = [];

    /// <summary>Sorted by name, so that equal specs are written alike.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Runs before the new generation is started; null: nothing does.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public HookSpec? Before { get; init; }

    public required ReadinessSpec Readiness { get; init; }

    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan Bake { get; init; }

    /// <summary>The name of the signal that asks the program to finish, without SIG.</summary>
    public string StopSignal { get; init; } = "TERM";

    public int KeepReleases { get; init; } = 5;

    /// <summary>Null: only the end of the program tells that it does not serve.</summary>
    public LivenessSpec? Liveness { get; init; }

    public RestartSpec Restart { get; init; } = new();

    public LogSpec Log { get; init; } = new();

    /// <summary>Who may do what on the host, and how much of it it may use.</summary>
    public ConfinementSpec Confinement { get; init; } = new();

    public override RuntimeSpec With(IReadOnlyDictionary<string, string> variables) =>
        this with { Environment = Merge(Environment, variables) };
}
