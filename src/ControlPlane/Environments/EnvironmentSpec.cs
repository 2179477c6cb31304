using Slipway.ControlPlane.Applications;

namespace Slipway.ControlPlane.Environments;

/// <summary>Where and how an application runs, as it was asked for; defaults are already filled in.</summary>
internal sealed record EnvironmentSpec
{
    public required string Application { get; init; }

    public required string Name { get; init; }

    /// <summary>Agents that carry all of these labels run the application.</summary>
    public IReadOnlyDictionary<string, string> Selector { get; init; } = new Dictionary<string, string>();

    public PolicySpec Policy { get; init; } = new();

    public StrategySpec Strategy { get; init; } = new();

    /// <summary>Added to, and winning over, the application's environment variables.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>What an agent is asked to run: the application's spec with the environment's variables in it.</summary>
    public static RuntimeSpec EffectiveSpec(ApplicationSpec application, EnvironmentSpec environment) =>
        application.Runtime.With(environment.Variables);

    /// <summary>Whether an agent with these labels runs the application in this environment.</summary>
    public bool Selects(IReadOnlyDictionary<string, string> labels) =>
        Selector.Count > 0 && Selector.All(wanted => labels.GetValueOrDefault(wanted.Key) == wanted.Value);
}
