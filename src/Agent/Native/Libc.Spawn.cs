using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Slipway.Agent.Native;

internal static partial class Libc
{
    private const int SignalSetSize = 128;
    private const short SpawnDefaultSignals = 4;
    private const short SpawnSignalMask = 8;
    private const short SpawnSession = 0x80;

    /// <summary>
    /// Starts a program in a session of its own, with default signals, and with <paramref name="descriptors"/> as its
    /// descriptors 0, 1, 2 ... and no other.
    /// </summary>
    /// <returns>The process's number.</returns>
    public static unsafe int Spawn(
        string path,
        IReadOnlyList<string> arguments,
        IReadOnlyList<string> environment,
        IReadOnlyList<SafeHandle> descriptors)
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
            for (var i = 0; i < descriptors.Count; i++)
            {
                // Copied above the numbers that will be given out: no dup2 can hit what a later one needs.
                copies.Add(Duplicate(descriptors[i], descriptors.Count));
                CheckSpawn(AddDup2(actions, Number(copies[i]), i), "posix_spawn_file_actions_adddup2");
            }

            CheckSpawn(AddCloseFrom(actions, descriptors.Count), "posix_spawn_file_actions_addclosefrom_np");
            _ = FillSignals(signals);
            CheckSpawn(SetDefaultSignals(attributes, signals), "posix_spawnattr_setsigdefault");
            _ = EmptySignals(signals);
            CheckSpawn(SetSignalMask(attributes, signals), "posix_spawnattr_setsigmask");
            CheckSpawn(
                SetSpawnFlags(attributes, SpawnDefaultSignals | SpawnSignalMask | SpawnSession),
                "posix_spawnattr_setflags");
            CheckSpawn(
                PosixSpawn(
                    out var pid, texts.Add(path), actions, attributes, texts.Add(arguments), texts.Add(environment)),
                $"exec {path}");
            return pid;
        }
        finally
        {
            copies.ForEach(copy => copy.Dispose());
            _ = DestroyActions(actions);
            _ = DestroyAttributes(attributes);
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

    [LibraryImport(Library, EntryPoint = "sigemptyset")]
    private static unsafe partial int EmptySignals(byte* signals);
}
