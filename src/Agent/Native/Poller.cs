using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Slipway.Agent.Native;

/// <summary>The one place where a supervisor waits: for descriptors and for time, on one thread.</summary>
internal sealed class Poller(TimeProvider time, PollerOrigin? origin = null) : IDisposable
{
    private readonly SafeFileHandle _epoll = Libc.CreateEpoll();
    private readonly Dictionary<long, Watch> _watches = [];
    private readonly PriorityQueue<Alarm, long> _alarms = new();
    private readonly List<long> _ready = [];
    private long _lastKey;

    public PollerOrigin Origin { get; } = origin ?? new PollerOrigin(time.GetUtcNow(), time.GetTimestamp());

    /// <summary>The time at the start, plus what has passed since: setting the clock moves no deadline.</summary>
    public DateTimeOffset Now => Origin.Time + time.GetElapsedTime(Origin.Timestamp);

    /// <summary>Calls back while the descriptor is ready and the watch not disposed.</summary>
    public IDisposable On(SafeHandle file, uint events, Action ready)
    {
        var watch = new Watch(this, file, ++_lastKey, ready);
        Libc.AddToEpoll(_epoll, file, events, watch.Key);
        _watches.Add(watch.Key, watch);
        return watch;
    }

    /// <summary>Calls back once, unless disposed before.</summary>
    public IDisposable After(TimeSpan delay, Action due)
    {
        var alarm = new Alarm(due);
        var ticks = (long)(Math.Max(0, delay.TotalSeconds) * time.TimestampFrequency);
        _alarms.Enqueue(alarm, time.GetTimestamp() + ticks);
        return alarm;
    }

    /// <summary>Waits for the next thing to happen and does what is due.</summary>
    public void RunOnce()
    {
        Libc.WaitForEpoll(_epoll, _ready, UntilNextAlarm());
        foreach (var key in _ready)
        {
            // What an earlier callback has disposed is no longer there.
            if (_watches.TryGetValue(key, out var watch))
            {
                watch.Ready();
            }
        }

        // What becomes due meanwhile has its turn later: nobody who sets an alarm again and again keeps others waiting.
        var now = time.GetTimestamp();
        while (_alarms.TryPeek(out var alarm, out var due) && (alarm.IsOff || due <= now))
        {
            _alarms.Dequeue();
            alarm.Ring();
        }
    }

    public void Dispose() => _epoll.Dispose();

    private TimeSpan? UntilNextAlarm()
    {
        while (_alarms.TryPeek(out var alarm, out var due))
        {
            if (!alarm.IsOff)
            {
                return TimeSpan.FromSeconds((due - time.GetTimestamp()) / (double)time.TimestampFrequency);
            }

            _alarms.Dequeue();
        }

        return null;
    }

    private sealed class Watch(Poller poller, SafeHandle file, long key, Action ready) : IDisposable
    {
        public long Key => key;

        public Action Ready => ready;

        public void Dispose()
        {
            if (poller._watches.Remove(key))
            {
                Libc.RemoveFromEpoll(poller._epoll, file);
            }
        }
    }

    private sealed class Alarm(Action due) : IDisposable
    {
        public bool IsOff { get; private set; }

        public void Ring()
        {
            if (!IsOff)
            {
                IsOff = true;
                due();
            }
        }

        public void Dispose() => IsOff = true;
    }
}

/// <summary>Where a poller's time begins; the timestamp counts on from one program of a process to the next.</summary>
internal sealed record PollerOrigin(DateTimeOffset Time, long Timestamp);
