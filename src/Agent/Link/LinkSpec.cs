namespace Slipway.Agent.Link;

/// <summary>Where the control plane is, and what this host needs to get in.</summary>
/// <param name="ControlPlane">Its address.</param>
/// <param name="TokenFile">Where the enrolment token is; needed only until the agent has enrolled.</param>
internal sealed record LinkSpec(Uri ControlPlane, string? TokenFile);
