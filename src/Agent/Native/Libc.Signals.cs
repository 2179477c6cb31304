using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Slipway.Agent.Native;

/// <summary>What becomes of signals: their actions, and where they wait.</summary>
internal static partial class Libc
{
    private const int AddToMask = 0;
    private const int SetMask = 2;
    private const nint Ignored = 1; // SIG_IGN
    private const int SignalNewsSize = 128;

    /// <summary>Gives the signal its default action; a launcher may have left it ignored.</summary>
    public static void ResetSignal(int signal) => SetSignal(signal, 0);

    /// <summary>Also for the programs that are started with it ignored.</summary>
    public static void IgnoreSignal(int signal) => SetSignal(signal, Ignored);

    /// <summary>Lets every signal through to the calling thread.</summary>
    public static unsafe void UnblockSignals()
    {
        var none = stackalloc byte[SignalSetSize];
        _ = ThreadMask(SetMask, none, previous: null);
    }

    /// <summary>Lets signals wait, for the calling thread, and for what it becomes by an exec.</summary>
    public static unsafe void BlockSignals(IEnumerable<int> signals)
    {
        var set = stackalloc byte[SignalSetSize];
        FillWith(set, signals);
        _ = ThreadMask(AddToMask, set, previous: null);
    }

    /// <summary>Whether all of these signals wait, for the calling thread.</summary>
    public static unsafe bool AreBlocked(IEnumerable<int> signals)
    {
        var set = stackalloc byte[SignalSetSize];
        _ = ThreadMask(AddToMask, wanted: null, set);
        foreach (var signal in signals)
        {
            if (HasSignal(set, signal) == 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A descriptor that is readable while one of these signals waits. All threads must let it wait.</summary>
    public static unsafe SafeFileHandle CreateSignalFile(IEnumerable<int> signals)
    {
        var set = stackalloc byte[SignalSetSize];
        FillWith(set, signals);
        return Own(Check(SignalFd(-1, set, CloseOnExec | NonBlocking), "signalfd"));
    }

    /// <summary>Takes the next signal that waits; null: there is none.</summary>
    public static int? TakeSignal(SafeHandle file)
    {
        Span<byte> news = stackalloc byte[SignalNewsSize];
        return Read(file, news) == SignalNewsSize ? BinaryPrimitives.ReadInt32LittleEndian(news) : null;
    }

    [LibraryImport(Library, EntryPoint = "signal")]
    private static partial nint SetSignal(int signal, nint action);

    [LibraryImport(Library, EntryPoint = "pthread_sigmask")]
    private static unsafe partial int ThreadMask(int how, byte* wanted, byte* previous);

    [LibraryImport(Library, EntryPoint = "sigaddset")]
    private static unsafe partial int AddSignal(byte* set, int signal);

    [LibraryImport(Library, EntryPoint = "sigismember")]
    private static unsafe partial int HasSignal(byte* set, int signal);

    [LibraryImport(Library, EntryPoint = "signalfd", SetLastError = true)]
    private static unsafe partial int SignalFd(int file, byte* set, int flags);
}
