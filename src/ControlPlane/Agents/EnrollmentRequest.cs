namespace Slipway.ControlPlane.Agents;

/// <summary>What a host says when it asks to become an agent.</summary>
internal sealed record EnrollmentRequest(string Token, string Name)
{
    public required byte[] SigningRequest { get; init; }

    public string MachineId { get; init; } = "";

    public string Platform { get; init; } = "";

    public string AgentVersion { get; init; } = "";
}
