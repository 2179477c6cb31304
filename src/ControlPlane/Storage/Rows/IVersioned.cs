namespace Slipway.ControlPlane.Storage.Rows;

/// <summary>A row whose changes are counted: saving adds one, unless somebody else saved in between.</summary>
/// <remarks>Nobody sets <see cref="Version"/>: the context does, from 1 on. Bulk updates leave it alone.</remarks>
internal interface IVersioned
{
    long Version { get; set; }
}
