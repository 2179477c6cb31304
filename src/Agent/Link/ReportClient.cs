using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Slipway.Agent.Deployments;
using Slipway.Shared.Artifacts;
using V1 = Slipway.Contracts.V1;

namespace Slipway.Agent.Link;

/// <summary>Puts what the agent knows into the wire's words.</summary>
internal static class ReportClient
{
    private const uint Protocol = 1;
    private static readonly string[] Capabilities = ["logs"];

    public static V1.AgentMessage Hello(
        HostFacts facts, DesiredToken resume, V1.ObservedState? observed) => new()
        {
            Hello = new()
            {
                AgentVersion = facts.AgentVersion,
                BootId = facts.BootId,
                Capabilities = { Capabilities },
                MachineId = facts.MachineId,
                Observed = observed,
                Platform = Platform.Current.Value,
                Protocol = Protocol,
                Resume = new()
                {
                    Epoch = resume.Epoch,
                    Hash = ByteString.CopyFrom(Convert.FromHexString(resume.Hash)),
                    Revision = resume.Revision,
                },
                SelfLabels = { facts.SelfLabels.ToDictionary() },
            },
        };

    public static V1.AgentMessage Report(DeploymentReport report) => new()
    {
        Report = new()
        {
            At = Timestamp.FromDateTimeOffset(report.At),
            DeploymentId = report.DeploymentId,
            Detail = report.Detail,
            EndedRun = report.Run == 0 ? null : new()
            {
                Restarts = (uint)report.Restarts,
                Run = (uint)report.Run,
            },
            Output = report.Output,
            Phase = (V1.DeploymentPhase)report.Phase,
            Reason = (V1.FailureReason)report.Reason,
            Sequence = report.Sequence,
        },
    };

    public static V1.ObservedState Observed(IReadOnlyList<WorkloadStatus> workloads) =>
        new() { Workloads = { workloads.Select(Status) } };

    private static V1.WorkloadStatus Status(WorkloadStatus status) => new()
    {
        Application = status.Key.Application,
        Detail = status.Detail,
        Environment = status.Key.Environment,
        Generation = status.Generation,
        Healthy = status.IsHealthy,
        Pids = { status.Pids },
        RunningVersion = status.RunningVersion ?? "",
        Since = Timestamp.FromDateTimeOffset(status.Since),
    };
}
