using System.Text.Json;
using Slipway.Agent.Native;
using Slipway.Shared.Storage;

namespace Slipway.Agent.Supervisor;

/// <summary>What a supervisor leaves for its successor: the plan, its sockets, its processes.</summary>
internal sealed record SupervisorJournal(
    string BootId,
    SupervisorPlan Plan,
    IReadOnlyList<JournaledListener> Listeners,
    IReadOnlyList<JournaledProcess> Processes)
{
    public const string FileName = "state.json";

    /// <exception cref="JsonException">It is broken.</exception>
    public static SupervisorJournal? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        return !File.Exists(path) ? null
            : JsonSerializer.Deserialize(File.ReadAllBytes(path), SupervisorJson.Default.SupervisorJournal)
                is { Plan.Generations: not null, Listeners: not null, Processes: not null } journal
            ? journal
            : throw new JsonException("Something is missing in it.");
    }

    public void Write(string folder) => AtomicFile.Write(
        Path.Combine(folder, FileName),
        JsonSerializer.SerializeToUtf8Bytes(this, SupervisorJson.Default.SupervisorJournal));
}

/// <summary>A socket, known again by its inode, and the file that it is, if it is one.</summary>
internal sealed record JournaledListener(string Key, string Name, long Inode, FileIdentity? File = null);

/// <summary>A process, known again by when it started: its number alone may be another's by now.</summary>
internal sealed record JournaledProcess(int Number, int Pid, ulong StartTicks, string NotifyName)
{
    /// <summary>The inode of the pipe that was its standard output at the start; 0: not known.</summary>
    public long OutputPipe { get; init; }

    public long ErrorPipe { get; init; }

    /// <summary>The folder of its cgroup; null: it has none.</summary>
    public string? Cgroup { get; init; }
}
