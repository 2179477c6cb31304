using System.ComponentModel;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;

namespace Slipway.Agent.Probes;

/// <summary>
/// Asks a generation over and over whether it is ready. Others may listen on the same socket, and the kernel gives a
/// connection to whom it likes: so several are opened at a time, more in each round that only others took.
/// </summary>
internal sealed class ReadinessProbe : IDisposable
{
    private const int MostAtOnce = 16;
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(20);

    private readonly Poller _poller;
    private readonly ProbeTarget _target;
    private readonly Action _ready;
    private readonly Action<ProbeOutcome, string> _note;
    private readonly List<ProbeTry> _tries = [];
    private readonly ConnectionLookup _connections = new();
    private readonly HashSet<long> _ownSockets = [];
    private readonly Predicate<long> _isOwn;
    private IDisposable? _next;
    private IDisposable? _limit;
    private IDisposable? _look;
    private TimeSpan _lookPause;
    private int _atOnce = 1;
    private int _successes;
    private bool _areSocketsKnown;
    private bool _isOver;

    public ReadinessProbe(Poller poller, ProbeTarget target, Action ready, Action<ProbeOutcome, string> note)
    {
        (_poller, _target, _ready, _note) = (poller, target, ready, note);
        _isOwn = IsOwn;
        _next = poller.After(TimeSpan.Zero, BeginRound);
    }

    public void Dispose()
    {
        _isOver = true;
        _next?.Dispose();
        EndTries();
        _connections.Dispose();
    }

    private void BeginRound()
    {
        // A TCP socket takes connections as soon as the supervisor listens: only an accept says something.
        var isOwnerKnown = _target.Spec.Kind == ReadinessKind.Http && !_target.HasRivals();
        try
        {
            for (var i = 0; i < (isOwnerKnown ? 1 : _atOnce); i++)
            {
                _tries.Add(new ProbeTry(_poller, _target, isOwnerKnown, OnChange));
            }
        }
        catch (Win32Exception e) when (_tries.Count == 0)
        {
            Pause();
            _note(ProbeOutcome.Bad, e.Message);
            return;
        }
        catch (Win32Exception)
        {
            // Fewer than wanted are enough.
        }

        _limit = _poller.After(_target.Spec.Timeout, OnLimit);
        _lookPause = FirstLook;
        _look = _poller.After(_lookPause, Look);
    }

    /// <summary>Looks who accepted what, at growing intervals: it may mean a look at every process.</summary>
    private void Look()
    {
        _areSocketsKnown = false;
        for (var i = 0; i < _tries.Count; i++) // The list is cleared as soon as one of them has decided the round.
        {
            if (_tries[i].AwaitsOwner)
            {
                _tries[i].Identify(_connections, _isOwn);
            }
        }

        if (!_isOver && _tries.Count > 0)
        {
            _lookPause = _lookPause * 2 < LongestLook ? _lookPause * 2 : LongestLook;
            _look = _poller.After(_lookPause, Look);
        }
    }

    private bool IsOwn(long inode)
    {
        if (!_areSocketsKnown)
        {
            _areSocketsKnown = true;
            _ownSockets.Clear();
            foreach (var pid in _target.Family())
            {
                foreach (var (_, owned) in _target.Processes.SocketsOf(pid))
                {
                    _ownSockets.Add(owned);
                }
            }
        }

        return _ownSockets.Contains(inode);
    }

    private void OnLimit()
    {
        foreach (var attempt in _tries.ToList())
        {
            attempt.TimeOut();
        }
    }

    private void OnChange()
    {
        var decisive = _tries.Find(attempt => attempt.Outcome is ProbeOutcome.Good or ProbeOutcome.Bad);
        if (_isOver || (decisive is null && _tries.Exists(attempt => attempt.Outcome == ProbeOutcome.Pending)))
        {
            return;
        }

        // The probed generation's own word counts at once; a round of rivals only makes the next one larger.
        var last = decisive ?? _tries.LastOrDefault();
        if (last is null)
        {
            return;
        }

        EndTries();
        if (last.Outcome == ProbeOutcome.Rival)
        {
            _atOnce = Math.Min(MostAtOnce, _atOnce * 2);
        }
        else
        {
            _successes = last.Outcome == ProbeOutcome.Good ? _successes + 1 : 0;
        }

        if (_successes >= Math.Max(1, _target.Spec.Successes))
        {
            _isOver = true;
            _ready();
            return;
        }

        Pause();
        _note(last.Outcome, Describe(last));
    }

    private void Pause() => _next = _poller.After(_target.Spec.Interval, BeginRound);

    private string Describe(ProbeTry last) => _target.Spec.Kind == ReadinessKind.Http
        ? $"GET {_target.Spec.Path} on {_target.Address}: {last.Detail}."
        : $"{_target.Address}: {last.Detail}.";

    private void EndTries()
    {
        _limit?.Dispose();
        _look?.Dispose();
        _tries.ForEach(attempt => attempt.Dispose());
        _tries.Clear();
    }
}
