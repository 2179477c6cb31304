using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;

namespace Slipway.Agent.Starter;

/// <summary>
/// Brings signals to the loop's thread. They wait in the kernel until the loop takes them, so that none is lost when
/// the program is exchanged, nor when nohup or a shell has left them ignored.
/// </summary>
internal sealed class StarterSignals : IDisposable
{
    private static readonly int[] Heard =
    [
        Libc.SignalHangUp, Libc.SignalInterrupt, Libc.SignalQuit, Libc.SignalTerminate,
        Libc.SignalUser1, Libc.SignalUser2, Libc.SignalAlarm,
    ];

    private readonly SafeFileHandle _waiting = Libc.CreateSignalFile(Heard);
    private readonly IDisposable _watch;
    private readonly Action<int> _handle;

    public StarterSignals(Poller poller, Action<int> handle)
    {
        _handle = handle;
        _watch = poller.On(_waiting, Libc.Readable, TakeAll);
    }

    /// <summary>All that are heard.</summary>
    public static IReadOnlyList<int> All => Heard;

    /// <summary>
    /// Whether they wait in each thread of this process: whoever started the program has seen to it, since the
    /// runtime has made threads before any code of ours could.
    /// </summary>
    public static bool AreHeld => Libc.AreBlocked(Heard);

    /// <summary>For this thread, and for all of what it becomes by an exec.</summary>
    public static void Hold() => Libc.BlockSignals(Heard);

    public void Dispose()
    {
        _watch.Dispose();
        _waiting.Dispose();
    }

    private void TakeAll()
    {
        while (Libc.TakeSignal(_waiting) is { } signal)
        {
            _handle(signal);
        }
    }
}
