using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor.Upgrades;

/// <summary>
/// All that a supervisor's program leaves to the next one in the same process. A descriptor is given by its place in
/// <see cref="HandoverDescriptors"/>.
/// </summary>
/// <param name="Format">What a program must know to read this; grows when an older one could misread it.</param>
/// <param name="Version">The program that wrote this.</param>
/// <param name="Plan">The plan.</param>
internal sealed record Handover(int Format, string Version, SupervisorPlan Plan)
{
    public const int CurrentFormat = 1;

    public required PollerOrigin Origin { get; init; }

    /// <summary>The numbers of all descriptors.</summary>
    public IReadOnlyList<int> Descriptors { get; init; } = [];

    /// <summary>The lock of the folder and the socket in it; null: there is no folder.</summary>
    public int? Lock { get; init; }

    public int? Control { get; init; }

    public IReadOnlyList<HandoverListener> Listeners { get; init; } = [];

    public IReadOnlyList<HandoverChild> Children { get; init; } = [];

    /// <summary>What ended processes said last, by ticket.</summary>
    public IReadOnlyDictionary<string, string> Outputs { get; init; } = new Dictionary<string, string>();

    /// <summary>The sockets that stay open whether or not a generation wants them.</summary>
    public IReadOnlyList<ListenSpec> Pinned { get; init; } = [];

    /// <summary>What the program has beside a supervisor's state, in its own words; null: nothing.</summary>
    public string? Front { get; init; }

    /// <summary>The upgrade that this is for.</summary>
    public UpgradeState Upgrade { get; init; } = UpgradeState.None;

    /// <summary>The keeper's process, and where it waits for the word that all is well.</summary>
    public HandoverKeeper? Keeper { get; init; }

    /// <exception cref="JsonException">It is no handover, or one that this program does not understand.</exception>
    public static Handover Read(SafeFileHandle file)
    {
        var bytes = new byte[RandomAccess.GetLength(file)];
        for (var read = 0; read < bytes.Length;)
        {
            var length = RandomAccess.Read(file, bytes.AsSpan(read), read);
            read += length > 0 ? length : throw new JsonException("The handover ends too early.");
        }

        var handover = JsonSerializer.Deserialize(bytes, SupervisorJson.Default.Handover)
            ?? throw new JsonException("null is no handover.");
        return handover.Format is > 0 and <= CurrentFormat
            ? handover.Normalized()
            : throw new JsonException(
                $"The handover has format {handover.Format}; this program reads 1 to {CurrentFormat}.");
    }

    /// <summary>A file without a name that holds this.</summary>
    public SafeFileHandle Write()
    {
        var file = Libc.CreateMemoryFile("handover");
        RandomAccess.Write(file, JsonSerializer.SerializeToUtf8Bytes(this, SupervisorJson.Default.Handover), 0);
        return file;
    }

    /// <summary>What an older program did not write is null now, whatever the types say.</summary>
    private Handover Normalized() => this with
    {
        Descriptors = Descriptors ?? [],
        Listeners = Listeners ?? [],
        Children = Children ?? [],
        Outputs = Outputs ?? new Dictionary<string, string>(),
        Pinned = Pinned ?? [],
        Upgrade = Upgrade ?? UpgradeState.None,
    };
}

internal sealed record HandoverListener(JournaledListener Listener, int Socket);

/// <summary>A process of this supervisor, alive or not yet reaped.</summary>
internal sealed record HandoverChild(int Number, int Pid, int Process)
{
    public required ulong StartTicks { get; init; }

    public required string NotifyName { get; init; }

    public int? Notices { get; init; }

    public int? Output { get; init; }

    /// <summary>Null: what it says to its standard error comes through the same pipe.</summary>
    public int? Errors { get; init; }

    /// <summary>Null: the launcher has become the program.</summary>
    public int? Gate { get; init; }

    /// <summary>The generation has ended, or was given up; what is left of its session is waited for.</summary>
    public bool IsRemnant { get; init; }

    public required string Command { get; init; }

    public required TimeSpan StopGrace { get; init; }

    public required uint User { get; init; }

    public bool IsWorker { get; init; }

    /// <summary>The folder of its cgroup; null: it has none.</summary>
    public string? Cgroup { get; init; }

    public required ChildMemory Memory { get; init; }
}

internal sealed record HandoverKeeper(int Pid, int Process, int Word);
