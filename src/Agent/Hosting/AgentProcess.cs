namespace Slipway.Agent.Hosting;

/// <summary>What modules may know of the process that they run in, and ask of it.</summary>
/// <param name="ConfigFile">The configuration that it was started with.</param>
/// <param name="Restart">Ends it in order; whoever started it starts it again.</param>
internal sealed record AgentProcess(string ConfigFile, Action Restart);
