using System.Text.Json;
using Slipway.Shared.Storage;

namespace Slipway.Agent.Deployments;

/// <summary>The record of one workload on disk.</summary>
internal sealed class WorkloadStore(string folder)
{
    private string File => Path.Combine(folder, "workload.json");

    /// <exception cref="JsonException">Somebody else wrote to it.</exception>
    public WorkloadRecord Load() => System.IO.File.Exists(File)
        ? JsonSerializer.Deserialize(System.IO.File.ReadAllBytes(File), DeploymentJson.Default.WorkloadRecord)
            ?? WorkloadRecord.Empty
        : WorkloadRecord.Empty;

    public void Save(WorkloadRecord record)
    {
        Directory.CreateDirectory(folder);
        AtomicFile.Write(File, JsonSerializer.SerializeToUtf8Bytes(record, DeploymentJson.Default.WorkloadRecord));
    }
}
