namespace Slipway.Agent.Deployments;

/// <summary>Chance for pauses, so that many hosts do not act at once. May be used by several threads.</summary>
internal sealed class Jitter(Random random)
{
    private readonly Lock _gate = new();

    /// <summary>
    /// Exponential back-off with full jitter: anything up to <paramref name="first"/> doubled for each try.
    /// </summary>
    public TimeSpan BackOff(TimeSpan first, TimeSpan most, int tries) =>
        Math.Min(first.TotalSeconds * Math.Pow(2, Math.Min(tries, 30)), most.TotalSeconds) is var limit
            ? TimeSpan.FromSeconds(limit * Next())
            : first;

    /// <summary>The value, at most a fifth more or less.</summary>
    public TimeSpan Around(TimeSpan value) => value * (0.8 + (0.4 * Next()));

    private double Next()
    {
        lock (_gate)
        {
            return random.NextDouble();
        }
    }
}
