using Microsoft.Extensions.Logging;

namespace Slipway.Agent.Link;

/// <summary>The time that the link goes by, its dice, and where it says what happened.</summary>
internal sealed record LinkParts(TimeProvider TimeProvider, Random Random, ILogger Logger)
{
    /// <summary>Dice for one loop: a Random serves one thread.</summary>
    public Random Roll() => new(Random.Next());
}
