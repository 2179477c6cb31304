using System.Security.Cryptography;
using Google.Protobuf;
using Slipway.ControlPlane.Applications;
using Slipway.ControlPlane.Storage.Rows;
using V1 = Slipway.Contracts.V1;

namespace Slipway.ControlPlane.Registry;

/// <summary>Says desired states in the protocol's words.</summary>
internal static class DesiredService
{
    public static V1.Desired ToWire(DesiredMark mark, IReadOnlyList<WorkloadRow> workloads)
    {
        var desired = new V1.Desired { Workloads = { workloads.Select(ToWire) } };
        desired.Token = new V1.ResumeToken
        {
            Epoch = (ulong)mark.Epoch,
            Revision = (ulong)mark.Revision,
            Hash = ByteString.CopyFrom(SHA256.HashData(desired.ToByteArray())),
        };
        return desired;
    }

    private static V1.Workload ToWire(WorkloadRow row)
    {
        var workload = new V1.Workload
        {
            Application = row.Application,
            Environment = row.Environment,
            Generation = (ulong)row.Generation,
            DeploymentId = row.DeploymentId.ToString(),
            Version = row.Version,
        };
        switch (SpecJson.Read<RuntimeSpec>(row.SpecJson))
        {
            case AssetsSpec assets:
                workload.Assets = KindSpecService.ToWire(assets);
                break;
            case AgentSpec agent:
                workload.Agent = KindSpecService.ToWire(agent);
                break;
            case ServerSpec server:
                workload.Server = ServerSpecService.ToWire(server);
                break;
        }

        if (row.ArtifactDigest.Length > 0)
        {
            workload.Artifact = new V1.Artifact
            {
                Platform = row.ArtifactPlatform,
                Digest = row.ArtifactDigest,
                SizeBytes = row.ArtifactSizeBytes,
                FileName = row.ArtifactFileName,
                UpstreamUrl = row.ArtifactUpstreamUrl,
            };
            workload.ArtifactPath = PathOf(row.ArtifactDigest);
        }

        return workload;
    }

    public static string PathOf(string digest) => $"/v1/blobs/{digest}";
}
