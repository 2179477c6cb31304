using Microsoft.Win32.SafeHandles;

namespace Slipway.Agent.Supervisor.Upgrades;

/// <summary>What a program has got from the one before it.</summary>
/// <param name="Handover">The state.</param>
/// <param name="Descriptors">Its descriptors.</param>
/// <param name="Refusal">Why a newer program could not take it; null: this is the newer one.</param>
internal sealed record TakenHandover(Handover Handover, HandoverDescriptors Descriptors, string? Refusal)
{
    public SafeFileHandle? Find(int? place) => place is { } known ? Descriptors[known] : null;
}
