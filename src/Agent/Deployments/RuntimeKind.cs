namespace Slipway.Agent.Deployments;

/// <summary>The kinds of workload; each has a runtime.</summary>
internal enum RuntimeKind
{
    Unspecified = 0,
    Server = 1,
    Assets = 2,
    Agent = 3,
}
