namespace Slipway.Agent.Starter;

/// <summary>What a command line asked start_server to do.</summary>
internal sealed record StarterOptions
{
    public IReadOnlyList<string> Ports { get; init; } = [];

    public IReadOnlyList<string> Paths { get; init; } = [];

    public string? Folder { get; init; }

    /// <summary>How long a new worker has to live until it counts as up.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    public string SignalOnHup { get; init; } = "TERM";

    public string SignalOnTerm { get; init; } = "TERM";

    /// <summary>0: the kernel's maximum.</summary>
    public int Backlog { get; init; }

    public string? PidFile { get; init; }

    public string? StatusFile { get; init; }

    public string? LogFile { get; init; }

    public bool IsDaemon { get; init; }

    /// <summary>What options say in the place of variables: ENVDIR, KILL_OLD_DELAY and others.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    public StarterVerb Verb { get; init; } = StarterVerb.Start;

    /// <summary>interval, notify or tcp.</summary>
    public string Ready { get; init; } = StarterReadiness.Interval;

    public TimeSpan ReadyTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an old worker may take to finish; null: as long as it likes.</summary>
    public TimeSpan? KillTimeout { get; init; }

    /// <summary>How long --restart and --stop wait; null: without limit.</summary>
    public TimeSpan? Timeout { get; init; }

    public bool OffersListenFds { get; init; }

    public IReadOnlyList<string> Command { get; init; } = [];
}

/// <summary>The things that start_server can be asked to do.</summary>
internal enum StarterVerb
{
    Unspecified = 0,
    Start = 1,
    Restart = 2,
    Stop = 3,
    Help = 4,
    Version = 5,
}

/// <summary>The words of --ready.</summary>
internal static class StarterReadiness
{
    public const string Interval = "interval";
    public const string Notify = "notify";
    public const string Tcp = "tcp";
}
