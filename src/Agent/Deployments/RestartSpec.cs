namespace Slipway.Agent.Deployments;

/// <summary>How soon a program that ended by itself is started again.</summary>
/// <param name="Min">The first pause; each further one is twice as long.</param>
/// <param name="Max">The longest pause.</param>
/// <param name="Reset">Who lived this long begins with the first pause again.</param>
internal sealed record RestartSpec(TimeSpan Min, TimeSpan Max, TimeSpan Reset)
{
    public static readonly RestartSpec Default =
        new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60));
}
