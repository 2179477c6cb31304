using System.Text.Json;
using Slipway.Shared.Storage;

namespace Slipway.Agent.Deployments;

/// <summary>The record of one workload on disk.</summary>
internal sealed class WorkloadStore(string folder)
{
    private string File => Path.Combine(folder, "workload.json");

    /// <summary>
    /// What was stored last. What cannot be read is set aside: what runs goes on, and what is desired is deployed anew,
    /// which finds it running.
    /// </summary>
    /// <param name="broken">Told which file it is, and why.</param>
    public WorkloadRecord Load(Action<string, JsonException> broken)
    {
        try
        {
            return System.IO.File.Exists(File)
                ? JsonSerializer.Deserialize(System.IO.File.ReadAllBytes(File), DeploymentJson.Default.WorkloadRecord)
                    ?? WorkloadRecord.Empty
                : WorkloadRecord.Empty;
        }
        catch (JsonException e)
        {
            System.IO.File.Move(File, File + ".broken", overwrite: true);
            broken(File, e);
            return WorkloadRecord.Empty;
        }
    }

    public void Save(WorkloadRecord record)
    {
        Directory.CreateDirectory(folder);
        AtomicFile.Write(File, JsonSerializer.SerializeToUtf8Bytes(record, DeploymentJson.Default.WorkloadRecord));
    }
}
