using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Slipway.Agent.Native;

internal static partial class Libc
{
    private const int SignalSetSize = 128;
    private const short SpawnDefaultSignals = 4;
    private const short SpawnSignalMask = 8;
    private const short SpawnSession = 0x80;

    /// <summary>Starts a program with default signals, but for SIGPIPE if the order says so.</summary>
    /// <returns>The process's number.</returns>
    public static unsafe int Spawn(SpawnOrder order)
    {
        var actions = stackalloc byte[512];
        var attributes = stackalloc byte[1024];
        var signals = stackalloc byte[SignalSetSize];
        var copies = new List<SafeFileHandle>();
        using var texts = new NativeTexts();
        CheckSpawn(InitActions(actions), "posix_spawn_file_actions_init");
        CheckSpawn(InitAttributes(attributes), "posix_spawnattr_init");
        try
        {
            var lowest = order.Descriptors.Count == 0 ? 0 : order.Descriptors.Keys.Max() + 1;
            foreach (var (number, file) in order.Descriptors)
            {
                // Copied above the numbers that will be given out: no dup2 can hit what a later one needs.
                copies.Add(Duplicate(file, lowest));
                CheckSpawn(AddDup2(actions, Number(copies[^1]), number), "posix_spawn_file_actions_adddup2");
            }

            if (!order.KeepsOthers)
            {
                CheckSpawn(AddCloseFrom(actions, lowest), "posix_spawn_file_actions_addclosefrom_np");
            }

            if (order.Folder is { } folder)
            {
                CheckSpawn(AddFolder(actions, texts.Add(folder)), "posix_spawn_file_actions_addchdir_np");
            }

            _ = FillSignals(signals);
            if (order.IgnoresPipe)
            {
                _ = RemoveSignal(signals, SignalPipe); // This runtime ignores it, and that is inherited.
            }

            CheckSpawn(SetDefaultSignals(attributes, signals), "posix_spawnattr_setsigdefault");
            FillWith(signals, order.BlockedSignals);
            CheckSpawn(SetSignalMask(attributes, signals), "posix_spawnattr_setsigmask");
            var session = order.LeadsSession ? SpawnSession : 0;
            CheckSpawn(
                SetSpawnFlags(attributes, (short)(SpawnDefaultSignals | SpawnSignalMask | session)),
                "posix_spawnattr_setflags");
            CheckSpawn(
                PosixSpawn(
                    out var pid,
                    texts.Add(order.Path),
                    actions,
                    attributes,
                    texts.Add(order.Arguments),
                    texts.Add(order.Environment)),
                $"exec {order.Path}");
            return pid;
        }
        finally
        {
            copies.ForEach(copy => copy.Dispose());
            _ = DestroyActions(actions);
            _ = DestroyAttributes(attributes);
        }
    }

    private static unsafe void FillWith(byte* set, IEnumerable<int> signals)
    {
        _ = EmptySignals(set);
        foreach (var signal in signals)
        {
            _ = AddSignal(set, signal);
        }
    }

    private static void CheckSpawn(int error, string call)
    {
        if (error != 0)
        {
            throw Failure(error, call);
        }
    }

    [LibraryImport(Library, EntryPoint = "posix_spawn")]
    private static unsafe partial int PosixSpawn(
        out int pid, byte* path, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_init")]
    private static unsafe partial int InitActions(byte* actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_destroy")]
    private static unsafe partial int DestroyActions(byte* actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static unsafe partial int AddDup2(byte* actions, int from, int to);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addclosefrom_np")]
    private static unsafe partial int AddCloseFrom(byte* actions, int first);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addchdir_np")]
    private static unsafe partial int AddFolder(byte* actions, byte* path);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_init")]
    private static unsafe partial int InitAttributes(byte* attributes);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_destroy")]
    private static unsafe partial int DestroyAttributes(byte* attributes);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setflags")]
    private static unsafe partial int SetSpawnFlags(byte* attributes, short flags);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setsigdefault")]
    private static unsafe partial int SetDefaultSignals(byte* attributes, byte* signals);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setsigmask")]
    private static unsafe partial int SetSignalMask(byte* attributes, byte* signals);

    [LibraryImport(Library, EntryPoint = "sigfillset")]
    private static unsafe partial int FillSignals(byte* signals);

    [LibraryImport(Library, EntryPoint = "sigdelset")]
    private static unsafe partial int RemoveSignal(byte* signals, int signal);

    [LibraryImport(Library, EntryPoint = "sigemptyset")]
    private static unsafe partial int EmptySignals(byte* signals);
}

/// <summary>What to start, and what it gets.</summary>
internal sealed record SpawnOrder(
    string Path, IReadOnlyList<string> Arguments, IReadOnlyList<string> Environment)
{
    /// <summary>Its descriptors by number.</summary>
    public required IReadOnlyDictionary<int, SafeHandle> Descriptors { get; init; }

    /// <summary>Whether it also gets what is open in this process without close-on-exec.</summary>
    public bool KeepsOthers { get; init; }

    public bool LeadsSession { get; init; } = true;

    /// <summary>Whether writing to what nobody reads is an error to the program, and not its end.</summary>
    public bool IgnoresPipe { get; init; }

    /// <summary>These wait until the program takes them.</summary>
    public IReadOnlyList<int> BlockedSignals { get; init; } = [];

    /// <summary>Where it runs; null: where this process runs. A relative path counts from there.</summary>
    public string? Folder { get; init; }

    /// <summary>Numbered 0, 1, 2 ...</summary>
    public static IReadOnlyDictionary<int, SafeHandle> InOrder(params IEnumerable<SafeHandle> files) =>
        files.Index().ToDictionary(file => file.Index, file => file.Item);
}
