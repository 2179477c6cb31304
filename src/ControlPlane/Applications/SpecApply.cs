using System.Globalization;
using Grpc.Core;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Applications;

/// <summary>How a spec is applied: on which version, and for good or only to see what would change.</summary>
internal sealed record SpecApply(ulong? ExpectedVersion, bool IsDryRun)
{
    /// <summary>What the audit log keeps of the changes: the fields, without values that may be secret.</summary>
    public static string Detail(IReadOnlyList<SpecChange> changes) =>
        string.Join(", ", changes.Select(change => change.Path));

    /// <exception cref="ProblemException">VERSION_MOVED: what is stored is not the version that was read.</exception>
    public void DemandVersion(string what, long? stored)
    {
        var actual = (ulong)(stored ?? 0);
        if (ExpectedVersion is { } expected && expected != actual)
        {
            throw new ProblemException(new Problem(
                StatusCode.Aborted,
                "VERSION_MOVED",
                $"{what} is at version {actual}, not at {expected}: read it again, then apply.")
            {
                Metadata = new Dictionary<string, string>
                {
                    ["version"] = actual.ToString(CultureInfo.InvariantCulture),
                },
            });
        }
    }
}
