namespace Slipway.Agent.Link;

/// <summary>How a session with the control plane ended.</summary>
/// <param name="Refusal">What was wrong; null: the control plane asked the agent to come back later.</param>
/// <param name="WasWelcome">The control plane had let the agent in.</param>
/// <param name="Lasted">How long the session held.</param>
/// <param name="Pause">When to come back, as the control plane said; null: it did not say.</param>
internal sealed record SessionEnd(Refusal? Refusal, bool WasWelcome, TimeSpan Lasted, Pause? Pause);

/// <summary>Bounds of a random wait.</summary>
internal sealed record Pause(TimeSpan Min, TimeSpan Max);
