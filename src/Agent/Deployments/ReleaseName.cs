namespace Slipway.Agent.Deployments;

/// <summary>The name of a release's folder: readable by its version, unique by its digest.</summary>
internal static class ReleaseName
{
    private const int DigestLength = 12;

    public static string Of(Workload workload) => workload.Artifact is { } artifact
        ? $"{workload.Version}-{artifact.Digest.Hex[..DigestLength]}"
        : workload.Version;
}
