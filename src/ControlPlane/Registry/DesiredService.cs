using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
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
            Server = ToWire(SpecJson.Read<ServerSpec>(row.SpecJson)),
        };
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

    private static V1.ServerSpec ToWire(ServerSpec spec) => new()
    {
        Command = { spec.Command },
        Listen =
        {
            spec.Listen.Select(listen => new V1.Listen
            {
                Name = listen.Name,
                Address = listen.Address,
                Backlog = listen.Backlog,
            }),
        },
        Environment = { spec.Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary() },
        Readiness = ToWire(spec.Readiness),
        StartTimeout = spec.StartTimeout.ToDuration(),
        StopGrace = spec.StopGrace.ToDuration(),
        Bake = spec.Bake.ToDuration(),
        StopSignal = spec.StopSignal,
        KeepReleases = spec.KeepReleases,
    };

    private static V1.Readiness ToWire(ReadinessSpec spec)
    {
        var readiness = new V1.Readiness
        {
            Interval = spec.Interval.ToDuration(),
            Timeout = spec.Timeout.ToDuration(),
            Successes = spec.Successes,
        };
        switch (spec.Kind)
        {
            case ReadinessKind.Http:
                readiness.Http = new V1.HttpReadiness
                {
                    Path = spec.Path,
                    Listen = spec.Listen,
                    Host = spec.Host,
                    Statuses = { spec.Statuses },
                };
                break;
            case ReadinessKind.Tcp:
                readiness.Tcp = new V1.TcpReadiness { Listen = spec.Listen };
                break;
            case ReadinessKind.Notify:
                readiness.Notify = new V1.NotifyReadiness();
                break;
            case ReadinessKind.Alive:
                readiness.Alive = new V1.AliveReadiness { Duration = spec.AliveFor.ToDuration() };
                break;
        }

        return readiness;
    }
}
