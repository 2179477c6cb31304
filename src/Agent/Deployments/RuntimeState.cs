namespace Slipway.Agent.Deployments;

/// <summary>Everything that a runtime knows of one workload.</summary>
internal sealed record RuntimeState(IReadOnlyList<Instance> Instances)
{
    public static readonly RuntimeState Empty = new([]);

    public Instance? Find(string ticket) => Instances.FirstOrDefault(instance => instance.Ticket == ticket);
}
