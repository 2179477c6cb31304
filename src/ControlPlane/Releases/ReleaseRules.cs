using System.Text.RegularExpressions;
using Grpc.Core;
using Slipway.ControlPlane.Applications;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Rpc;
using Slipway.Shared.Versioning;

namespace Slipway.ControlPlane.Releases;

/// <summary>What makes a release acceptable, before any of its bytes has come.</summary>
internal static partial class ReleaseRules
{
    private const int MaxNotesLength = 64 * 1024;
    private const int MaxUrlLength = 2048;

    private static readonly string[] Suffixes = [".tar.gz", ".tgz", ".tar", ".zip"];

    /// <exception cref="ProblemException">ARTIFACT_TOO_LARGE.</exception>
    public static void Check(ReleaseSpec release, long maxArtifactBytes, FieldViolations violations)
    {
        SpecRules.CheckName("application", release.Application, violations);
        violations.Check(
            SemanticVersion.TryParse(release.Version, out _),
            "version",
            $"'{release.Version}' is no semantic version; write one such as 1.4.0 or 2.0.0-rc.1, without a leading v");
        violations.Check(
            release.Notes.Length <= MaxNotesLength,
            "notes",
            $"must be at most {MaxNotesLength} characters long");
        violations.Check(
            release.Artifacts.Count > 0,
            "artifacts",
            "is empty; a release has an artifact for at least one platform");
        foreach (var (at, artifact) in release.Artifacts.Index())
        {
            CheckArtifact($"artifacts[{at}]", artifact, violations);
            DemandSize(artifact, maxArtifactBytes);
        }

        CheckAmongEachOther(release.Artifacts, violations);
    }

    private static void CheckArtifact(string field, ArtifactSpec artifact, FieldViolations violations)
    {
        violations.Check(
            Platform.Known.Contains(artifact.Platform),
            $"{field}.platform",
            $"'{artifact.Platform}' is unknown; use one of {string.Join(", ", Platform.Known)}");
        violations.Check(
            Digest.TryParse(artifact.Digest, out _),
            $"{field}.digest",
            $"'{artifact.Digest}' is no digest; write sha256: and 64 lower-case hexadecimal digits");
        violations.Check(artifact.SizeBytes > 0, $"{field}.size_bytes", "must be the artifact's size, at least 1");
        violations.Check(
            FileNamePattern.IsMatch(artifact.FileName),
            $"{field}.file_name",
            $"'{artifact.FileName}' is no plain file name; use letters, digits and . _ + @ - without a folder");
        violations.Check(
            Array.Exists(Suffixes, suffix => artifact.FileName.EndsWith(suffix, StringComparison.Ordinal)),
            $"{field}.file_name",
            $"must end in one of {string.Join(", ", Suffixes)}, which tells the format");
        violations.Check(
            artifact.UpstreamUrl.Length == 0
            || (artifact.UpstreamUrl.Length <= MaxUrlLength && UrlPattern.IsMatch(artifact.UpstreamUrl)),
            $"{field}.upstream_url",
            $"must be a URL of at most {MaxUrlLength} characters, such as s3://region/bucket/key");
    }

    private static void CheckAmongEachOther(IReadOnlyList<ArtifactSpec> artifacts, FieldViolations violations)
    {
        var platforms = new HashSet<string>();
        var sizes = new Dictionary<string, long>();
        foreach (var (at, artifact) in artifacts.Index())
        {
            violations.Check(
                platforms.Add(artifact.Platform),
                $"artifacts[{at}].platform",
                $"'{artifact.Platform}' is there twice; a release has one artifact for each platform");
            violations.Check(
                sizes.TryAdd(artifact.Digest, artifact.SizeBytes) || sizes[artifact.Digest] == artifact.SizeBytes,
                $"artifacts[{at}].size_bytes",
                "is another one than that of the same digest before; the same bytes have one size");
        }
    }

    private static void DemandSize(ArtifactSpec artifact, long maxArtifactBytes)
    {
        if (artifact.SizeBytes > maxArtifactBytes)
        {
            throw new ProblemException(new Problem(
                StatusCode.InvalidArgument,
                "ARTIFACT_TOO_LARGE",
                $"{artifact.FileName} has {artifact.SizeBytes} bytes and at most {maxArtifactBytes} are taken; make it "
                + "smaller, or raise Releases:MaxArtifactBytes."));
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._+@-]{0,199}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileNamePattern { get; }

    [GeneratedRegex(@"^[a-z][a-z0-9+.-]*://[!-~]+\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UrlPattern { get; }
}
