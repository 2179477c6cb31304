namespace Slipway.ControlPlane.Registry;

/// <summary>Which lines an agent is asked to supply.</summary>
internal sealed record TailOrder(string Application, string Environment)
{
    /// <summary>What the supply has to name.</summary>
    public string Id { get; init; } = "";

    public DateTimeOffset? Since { get; init; }

    /// <summary>The last ones, at most; null: all.</summary>
    public int? Lines { get; init; }

    public int Generation { get; init; }

    /// <summary>Of one of the program's streams, as on the wire; 0: of all.</summary>
    public int Stream { get; init; }

    public bool IsFollowing { get; init; }

    /// <summary>What was said since then comes, whatever <see cref="Lines"/> says; null: nothing of the kind.</summary>
    public DateTimeOffset? AskedAt { get; init; }

    /// <summary>Where an earlier reader has stopped; empty: nowhere.</summary>
    public string Cursor { get; init; } = "";
}
