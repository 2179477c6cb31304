using System.Text.Json;
using Slipway.Shared.Storage;

namespace Slipway.Agent.Runtimes.Assets;

/// <summary>The state of one workload's static files on disk.</summary>
internal sealed class AssetsStore(string folder)
{
    private string File => Path.Combine(folder, "assets.json");

    /// <summary>Nothing when it cannot be read: then the committed release is switched to anew.</summary>
    public AssetsState Load()
    {
        try
        {
            return System.IO.File.Exists(File)
                ? JsonSerializer.Deserialize(
                    System.IO.File.ReadAllBytes(File), AssetsStateJson.Default.AssetsState) ?? AssetsState.Empty
                : AssetsState.Empty;
        }
        catch (JsonException)
        {
            return AssetsState.Empty;
        }
    }

    public void Save(AssetsState state) =>
        AtomicFile.Write(File, JsonSerializer.SerializeToUtf8Bytes(state, AssetsStateJson.Default.AssetsState));
}
