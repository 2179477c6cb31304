using System.Text.Json;
using Slipway.Shared.Storage;

namespace Slipway.Agent.Deployments;

/// <summary>The desired state on disk.</summary>
internal sealed class DesiredStore(string path)
{
    /// <summary>What was stored last; nothing when nothing was, or when it cannot be read.</summary>
    /// <param name="broken">Told why it cannot be read.</param>
    public DesiredState Load(Action<Exception> broken)
    {
        try
        {
            return File.Exists(path)
                ? JsonSerializer.Deserialize(File.ReadAllBytes(path), DeploymentJson.Default.DesiredState)
                    ?? DesiredState.Empty
                : DesiredState.Empty;
        }
        catch (JsonException e)
        {
            // The control plane says it again; until then nothing is removed, and what was committed runs.
            broken(e);
            return DesiredState.Empty;
        }
    }

    public void Save(DesiredState desired) =>
        AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(desired, DeploymentJson.Default.DesiredState));
}
