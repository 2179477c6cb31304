using System.ComponentModel;
using Slipway.Agent.Cgroups;
using Slipway.Agent.Deployments;
using Slipway.Agent.Probes;

namespace Slipway.Agent.Supervisor;

/// <summary>Asks a command over and over how a generation is, until it said well as often as is needed.</summary>
internal sealed class ExecProbe : IDisposable
{
    private readonly ChildContext _context;
    private readonly (GenerationSpec Spec, Cgroup? Cgroup) _generation;
    private readonly ReadinessSpec _spec;
    private readonly Action _ready;
    private readonly Action<ProbeOutcome, string> _note;
    private IDisposable _next;
    private ExecRun? _run;
    private int _successes;

    public ExecProbe(
        ChildContext context,
        (GenerationSpec Spec, Cgroup? Cgroup) generation,
        ReadinessSpec spec,
        Action ready,
        Action<ProbeOutcome, string> note)
    {
        (_context, _generation, _spec, _ready, _note) = (context, generation, spec, ready, note);
        _next = context.Poller.After(TimeSpan.Zero, BeginRound);
    }

    public void Dispose()
    {
        _next.Dispose();
        _run?.Abandon();
    }

    private void BeginRound()
    {
        try
        {
            var parts = ChildLauncher.LaunchCommand(
                _generation.Spec, _spec.Command ?? [], pid => _generation.Cgroup?.AddCommand(pid));
            _run = new ExecRun(_context, parts, _spec.Timeout, OnDone);
        }
        catch (Win32Exception e)
        {
            OnDone(isGood: false, e.Message);
        }
    }

    private void OnDone(bool isGood, string detail)
    {
        _successes = isGood ? _successes + 1 : 0;
        if (_successes >= Math.Max(1, _spec.Successes))
        {
            _ready();
            return;
        }

        _next = _context.Poller.After(_spec.Interval, BeginRound);
        _note(isGood ? ProbeOutcome.Good : ProbeOutcome.Bad, detail);
    }
}
