using Slipway.Agent.Logs;

namespace Slipway.Agent.Deployments;

/// <summary>A program that listens on sockets which the supervisor owns. Defaults are already filled in.</summary>
internal sealed record ServerSpec
{
    /// <summary>Program and arguments; a relative program with a slash lies in the release.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    public IReadOnlyList<ListenSpec> Listen { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public required ReadinessSpec Readiness { get; init; }

    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan Bake { get; init; }

    /// <summary>The name of the signal that asks the program to finish, without SIG.</summary>
    public string StopSignal { get; init; } = "TERM";

    public int KeepReleases { get; init; } = 5;

    /// <summary>Null: only the end of the program tells that it does not serve.</summary>
    public LivenessSpec? Liveness { get; init; }

    /// <summary>Null, as in what an earlier agent wrote down: the defaults.</summary>
    public RestartSpec? Restart { get; init; }

    /// <summary>Null: as the supervisor itself.</summary>
    public ConfinementSpec? Confinement { get; init; }

    /// <summary>How much of its output is kept; null, as in what an earlier agent wrote down: the defaults.</summary>
    public LogSpec? Log { get; init; }

    /// <summary>Runs in the release before the new generation is started; null: nothing does.</summary>
    public HookSpec? Before { get; init; }
}
