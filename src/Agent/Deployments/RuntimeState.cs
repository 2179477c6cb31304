namespace Slipway.Agent.Deployments;

/// <summary>Everything that a runtime knows of one workload.</summary>
internal sealed record RuntimeState(IReadOnlyList<Instance> Instances)
{
    public static readonly RuntimeState Empty = new([]);

    /// <summary>What is wrong with the runtime itself; empty: nothing.</summary>
    public string Note { get; init; } = "";

    public Instance? Find(string ticket) => Instances.FirstOrDefault(instance => instance.Ticket == ticket);
}
