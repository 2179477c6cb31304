using System.Globalization;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Agent.Probes;

namespace Slipway.Agent.Supervisor;

/// <summary>Asks a generation for as long as it lives; tells when it stops to answer, and when it does again.</summary>
internal sealed class LivenessProbe : IDisposable
{
    private readonly Poller _poller;
    private readonly LivenessSpec _spec;
    private readonly DateTimeOffset _countFrom;
    private readonly Func<Action, Action<ProbeOutcome, string>, IDisposable> _begin;
    private readonly LivenessNews _news;
    private IDisposable _next;
    private IDisposable? _probe;
    private bool _hasServed;
    private bool _isFailing;
    private int _failures;

    /// <param name="poller">The clock.</param>
    /// <param name="spec">How often, and how many failures count.</param>
    /// <param name="countFrom">Until then only an answer counts: it may still be starting.</param>
    /// <param name="begin">Begins to ask until an answer is good; told of the others, too.</param>
    /// <param name="news">Told what comes of it.</param>
    public LivenessProbe(
        Poller poller,
        LivenessSpec spec,
        DateTimeOffset countFrom,
        Func<Action, Action<ProbeOutcome, string>, IDisposable> begin,
        LivenessNews news)
    {
        (_poller, _spec, _countFrom, _begin, _news) = (poller, spec, countFrom, begin, news);
        _next = poller.After(spec.InitialDelay, Begin);
    }

    public void Dispose()
    {
        _next.Dispose();
        _probe?.Dispose();
    }

    private void Begin() => _probe = _begin(OnGood, OnNote);

    private void OnGood()
    {
        _probe?.Dispose();
        _next = _poller.After(_spec.Probe.Interval, Begin);
        _hasServed = true;
        _failures = 0;
        if (_isFailing)
        {
            _isFailing = false;
            _news.Recovered();
        }
    }

    private void OnNote(ProbeOutcome outcome, string detail)
    {
        if (outcome != ProbeOutcome.Bad || (!_hasServed && _poller.Now < _countFrom) || ++_failures < _spec.Failures)
        {
            return;
        }

        _failures = 0;
        _isFailing = true;
        var times = string.Create(CultureInfo.InvariantCulture, $"{_spec.Failures} failures in a row");
        _news.Failing(GenerationEnd.Unhealthy, $"{detail.TrimEnd('.')} ({times}).");
    }
}

/// <summary>Where the news of one generation's liveness go.</summary>
internal sealed record LivenessNews(Action<GenerationEnd, string> Failing, Action Recovered);
