namespace Slipway.Agent.Link;

/// <summary>How long to wait before the next try: anything up to a bound that doubles.</summary>
internal sealed class Backoff(Random random)
{
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>A connection that held this long counts as good: the next failure begins anew.</summary>
    public static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan SlowMin = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan SlowMax = TimeSpan.FromMinutes(4);
    private TimeSpan _bound = First;

    public TimeSpan Next()
    {
        var delay = _bound * random.NextDouble();
        _bound = _bound * 2 < Longest ? _bound * 2 : Longest;
        return delay;
    }

    /// <summary>For what only a person can mend: seldom, but not never.</summary>
    public TimeSpan NextSlow() => Between(SlowMin, SlowMax);

    /// <summary>Anything between the bounds that the control plane gave.</summary>
    public TimeSpan Between(TimeSpan min, TimeSpan max) =>
        min + ((max > min ? max - min : TimeSpan.Zero) * random.NextDouble());

    public void Reset() => _bound = First;
}
