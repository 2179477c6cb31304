namespace Slipway.Agent.Deployments;

/// <summary>A command that is part of a deployment.</summary>
/// <param name="Command">Program and arguments; a relative program with a slash lies in the release.</param>
/// <param name="Timeout">After this long it is killed and has failed.</param>
internal sealed record HookSpec(IReadOnlyList<string> Command, TimeSpan Timeout);
