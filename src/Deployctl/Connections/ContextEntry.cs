namespace Slipway.Deployctl.Connections;

/// <summary>A login: the control plane's address, the token, and the authority it was pinned to.</summary>
internal sealed record ContextEntry(string Name, Uri Server, string Token)
{
    /// <summary>The authority's certificate, PEM; absent for a plain-text control plane on loopback.</summary>
    public string? Authority { get; init; }
}
