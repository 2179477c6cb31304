using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;

namespace Slipway.Agent.Starter;

/// <summary>Brings signals to the loop's thread, in the order of their arrival.</summary>
internal sealed class StarterSignals : IDisposable
{
    private static readonly int[] Heard =
    [
        Libc.SignalHangUp, Libc.SignalInterrupt, Libc.SignalQuit, Libc.SignalTerminate,
        Libc.SignalUser1, Libc.SignalUser2, Libc.SignalAlarm,
    ];

    private readonly SafeFileHandle _wakeUp = Libc.CreateEvent();
    private readonly ConcurrentQueue<int> _arrived = new();
    private readonly List<IDisposable> _registrations = [];
    private readonly Action<StarterEvent> _handle;
    private readonly Action _reopen;

    public StarterSignals(Poller poller, Action<StarterEvent> handle, Action reopen)
    {
        (_handle, _reopen) = (handle, reopen);
        _registrations.Add(poller.On(_wakeUp, Libc.Readable, OnWakeUp));

        // The runtime leaves alone what nohup, or a shell's &, has ignored; it looks at some of them with the first.
        foreach (var signal in Heard.Where(Libc.IsIgnored))
        {
            Libc.ResetSignal(signal);
        }

        foreach (var signal in Heard)
        {
            _registrations.Add(PosixSignalRegistration.Create((PosixSignal)signal, context =>
            {
                context.Cancel = true;
                _arrived.Enqueue(signal);
                Libc.Write(_wakeUp, BitConverter.GetBytes(1UL));
            }));
        }
    }

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _wakeUp.Dispose();
    }

    private void OnWakeUp()
    {
        Span<byte> count = stackalloc byte[8];
        Libc.Read(_wakeUp, count);
        while (_arrived.TryDequeue(out var signal))
        {
            switch (signal)
            {
                case Libc.SignalHangUp:
                    _handle(new StarterEvent.HangUp());
                    break;
                case Libc.SignalUser1:
                    _reopen();
                    break;
                case Libc.SignalUser2 or Libc.SignalAlarm:
                    break; // Deadly otherwise.
                default:
                    _handle(new StarterEvent.Terminate(SignalTable.NameOf(signal)));
                    break;
            }
        }
    }
}
