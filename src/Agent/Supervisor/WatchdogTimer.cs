using System.Globalization;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor;

/// <summary>Waits for a generation's WATCHDOG=1, and tells when it did not come in time.</summary>
internal sealed class WatchdogTimer : IDisposable
{
    private readonly Poller _poller;
    private readonly LivenessNews _news;
    private TimeSpan _timeout;
    private IDisposable _alarm;
    private bool _isFailing;

    /// <param name="poller">The clock.</param>
    /// <param name="timeout">The longest pause between two words.</param>
    /// <param name="countFrom">When the first pause begins.</param>
    /// <param name="news">Told what comes of it.</param>
    public WatchdogTimer(Poller poller, TimeSpan timeout, DateTimeOffset countFrom, LivenessNews news)
    {
        (_poller, _timeout, _news) = (poller, timeout, news);
        var wait = countFrom - poller.Now;
        _alarm = poller.After(timeout + (wait > TimeSpan.Zero ? wait : TimeSpan.Zero), OnAlarm);
    }

    /// <summary>The program lives.</summary>
    public void Feed()
    {
        Arm();
        if (_isFailing)
        {
            _isFailing = false;
            _news.Recovered();
        }
    }

    /// <summary>The program knows better how often it will speak.</summary>
    public void Change(TimeSpan timeout)
    {
        _timeout = timeout;
        Arm();
    }

    /// <summary>The program itself says that it is stuck.</summary>
    public void Trigger() => Fail("The program said WATCHDOG=trigger.");

    public void Dispose() => _alarm.Dispose();

    private void OnAlarm() => Fail(string.Create(
        CultureInfo.InvariantCulture, $"The program did not say WATCHDOG=1 for {_timeout.TotalSeconds} s."));

    private void Fail(string detail)
    {
        Arm();
        _isFailing = true;
        _news.Failing(GenerationEnd.Watchdog, detail);
    }

    private void Arm()
    {
        _alarm.Dispose();
        _alarm = _poller.After(_timeout, OnAlarm);
    }
}
