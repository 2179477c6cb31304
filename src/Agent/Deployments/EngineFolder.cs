using Slipway.Agent.Logs;
using Slipway.Shared.Storage;

namespace Slipway.Agent.Deployments;

/// <summary>Where the engine keeps what.</summary>
internal sealed record EngineFolder(string Root)
{
    private const UnixFileMode OwnerOnly =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public string DesiredFile => Path.Combine(Root, "desired.json");

    public string Journals => Path.Combine(Root, "journal");

    public string Spool => Path.Combine(Root, "spool");

    public string Blobs => Path.Combine(Root, "blobs", "sha256");

    public string Workloads => Path.Combine(Root, "workloads");

    public string WorkloadOf(WorkloadKey key) => Path.Combine(Workloads, key.Application, key.Environment);

    /// <summary>Where the supervisor keeps what the workload's programs say.</summary>
    public string LogOf(WorkloadKey key) =>
        Path.Combine(SupervisorOf(WorkloadOf(key)), LogSpec.FolderName);

    /// <summary>Where the supervisor of a workload keeps what it knows.</summary>
    public static string SupervisorOf(string workload) => Path.Combine(workload, "supervisor");

    public string JournalOf(string deploymentId) => Path.Combine(Journals, deploymentId + ".jsonl");

    public void Create()
    {
        Directory.CreateDirectory(Workloads);
        foreach (var folder in (string[])[Journals, Spool, Path.Combine(Root, "blobs")])
        {
            Directory.CreateDirectory(folder);
            File.SetUnixFileMode(folder, OwnerOnly);
        }

        Directory.CreateDirectory(Blobs);
        foreach (var folder in FindWorkloads().Select(WorkloadOf).Concat([Root, Journals, Spool]))
        {
            AtomicFile.Sweep(folder);
        }

        // A program that runs as another user must be able to get to its release, and to nothing else.
        File.SetUnixFileMode(Root, OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    /// <summary>The workloads that have left something on disk.</summary>
    public IEnumerable<WorkloadKey> FindWorkloads() =>
        from application in Directory.EnumerateDirectories(Workloads)
        from environment in Directory.EnumerateDirectories(application)
        select new WorkloadKey(Path.GetFileName(application), Path.GetFileName(environment));
}
