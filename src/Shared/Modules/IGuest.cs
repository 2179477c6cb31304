namespace Slipway.Shared.Modules;

/// <summary>The root of interfaces that modules of one namespace fulfil, such as <c>artifact</c>.</summary>
/// <remarks>A guest interface implements the member: <c>static string IGuest.Namespace => "artifact";</c></remarks>
public interface IGuest
{
    static abstract string Namespace { get; }
}
