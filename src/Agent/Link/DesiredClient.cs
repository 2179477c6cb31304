using Slipway.Agent.Deployments;
using Slipway.Shared.Artifacts;
using V1 = Slipway.Contracts.V1;

namespace Slipway.Agent.Link;

/// <summary>Reads what the control plane asks for, and fills in what it left to the defaults.</summary>
/// <remarks>
/// One workload that this agent cannot run is one failed deployment. A state that does not even say which workloads
/// there are is refused whole: taking it for less than it is would stop programs.
/// </remarks>
internal static class DesiredClient
{
    private static readonly ServerSpec Nothing = new() { Command = [], Readiness = new(ReadinessKind.Alive) };

    /// <exception cref="InvalidDataException">It cannot be understood as a whole.</exception>
    public static DesiredState Read(V1.Desired desired)
    {
        if (desired.Token is not { } token)
        {
            throw new InvalidDataException("A desired state came without its token.");
        }

        var workloads = desired.Workloads.Select(ReadWorkload).ToArray();
        var repeated = workloads.GroupBy(workload => workload.Key).FirstOrDefault(group => group.Count() > 1);
        return repeated is null
            ? new(new(token.Epoch, token.Revision, Convert.ToHexStringLower(token.Hash.Span)), workloads)
            : throw new InvalidDataException($"The desired state has {repeated.Key} more than once.");
    }

    private static Workload ReadWorkload(V1.Workload workload)
    {
        if (!IsName(workload.Application) || !IsName(workload.Environment) || workload.DeploymentId.Length == 0)
        {
            throw new InvalidDataException("The desired state has a workload without application, environment or id.");
        }

        var server = Nothing;
        AssetsSpec? assets = null;
        AgentSpec? agent = null;
        ArtifactSpec? artifact = null;
        string? unsupported = null;
        try
        {
            artifact = workload.Artifact is { } present ? ReadArtifact(present, workload.ArtifactPath) : null;
            switch (workload.RuntimeCase)
            {
                case V1.Workload.RuntimeOneofCase.Server:
                    server = ServerSpecClient.Read(workload.Server);
                    break;
                case V1.Workload.RuntimeOneofCase.Assets:
                    assets = KindSpecClient.Read(workload.Assets);
                    break;
                case V1.Workload.RuntimeOneofCase.Agent:
                    agent = KindSpecClient.Read(workload.Agent);
                    break;
                default:
                    throw new FormatException("runtime: this agent does not know the kind; bring the agent up to date");
            }
        }
        catch (FormatException exception)
        {
            unsupported = exception.Message;
        }

        var key = new WorkloadKey(workload.Application, workload.Environment);
        return new(key, workload.Generation, workload.DeploymentId, workload.Version, artifact, server)
        {
            Unsupported = unsupported,
            Assets = assets,
            Agent = agent,
        };
    }

    private static ArtifactSpec ReadArtifact(V1.Artifact artifact, string path) => artifact switch
    {
        { SizeBytes: < 0 } => throw new FormatException($"artifact.size_bytes: {artifact.SizeBytes} is negative"),
        _ when !path.StartsWith('/') => throw new FormatException($"artifact_path: '{path}' is no path"),
        _ => new(Digest.Parse(artifact.Digest), artifact.SizeBytes, artifact.FileName, path),
    };

    // The names become folders: the control plane's own rule is checked again here.
    private static bool IsName(string name) => name.Length is > 0 and <= 63 && char.IsAsciiLetterLower(name[0])
        && name[^1] != '-' && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
