using Slipway.Shared.Modules;
using Slipway.Shared.Rpc;

namespace Slipway.Shared.Artifacts;

/// <summary>
/// Somewhere that artifacts can be fetched from. Whoever fetches checks the digest: a source is not trusted.
/// </summary>
public interface IArtifactSource : IGuest
{
#pragma warning disable CA1033 // the namespace belongs to the interface: no implementation may choose another
    static string IGuest.Namespace => "artifact";
#pragma warning restore CA1033

    /// <summary>The artifact's bytes from <paramref name="offset"/> to its end.</summary>
    /// <param name="path">Where the control plane says that it is, such as <c>/v1/blobs/sha256:...</c>.</param>
    /// <param name="digest">What the whole artifact hashes to.</param>
    /// <param name="offset">How many bytes the caller has already; below the artifact's size.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <exception cref="ProblemException">NOT_FOUND, PERMISSION_DENIED, or UNAVAILABLE: the last may be tried
    /// again.</exception>
    Task<Stream> OpenAsync(string path, Digest digest, long offset, CancellationToken cancellationToken);
}
