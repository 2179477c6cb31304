using System.Text.Json;
using Slipway.Agent.Native;
using Slipway.Shared.Storage;

namespace Slipway.Agent.Runtimes.Self;

/// <summary>The slots of the agent's programs on disk, and which is which.</summary>
/// <param name="stateFolder">The agent's state folder.</param>
internal sealed class SelfStore(string stateFolder)
{
    public const string ProgramName = "slipway-agent";

    private const UnixFileMode OwnerOnly =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private string Folder => Path.Combine(stateFolder, "program");

    private string StateFile => Path.Combine(Folder, "state.json");

    public string PathOf(string slot) => Path.Combine(Folder, slot, ProgramName);

    /// <summary>Nothing when it cannot be read: then the installed program is the agent.</summary>
    public SelfState Load()
    {
        try
        {
            return File.Exists(StateFile)
                ? JsonSerializer.Deserialize(File.ReadAllBytes(StateFile), SelfStateJson.Default.SelfState)
                    ?? SelfState.Empty
                : SelfState.Empty;
        }
        catch (JsonException)
        {
            return SelfState.Empty;
        }
    }

    public void Save(SelfState state)
    {
        Directory.CreateDirectory(Folder, OwnerOnly);
        AtomicFile.Write(StateFile, JsonSerializer.SerializeToUtf8Bytes(state, SelfStateJson.Default.SelfState));
    }

    /// <summary>Puts a copy of the program into the slot, complete or not at all.</summary>
    public void Install(string slot, string program)
    {
        var target = PathOf(slot);
        var folder = Path.GetDirectoryName(target)!;
        var next = target + ".new";
        Directory.CreateDirectory(folder, OwnerOnly);
        File.Copy(program, next, overwrite: true);
        File.SetUnixFileMode(next, OwnerOnly);
        using (var file = File.OpenHandle(next, FileMode.Open, FileAccess.ReadWrite))
        {
            RandomAccess.FlushToDisk(file);
        }

        Libc.Rename(next, target);
        AtomicFile.FlushFolder(folder);
    }
}
