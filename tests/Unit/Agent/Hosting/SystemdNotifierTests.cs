using Slipway.Agent.Hosting;

namespace Tests.Unit.Agent.Hosting;

public class SystemdNotifierTests
{
    [Theory]
    [InlineData("60000000", null, 60.0)]
    [InlineData("1500000", "4711", 1.5)]
    [InlineData("60000000", "4712", null)]
    [InlineData("0", null, null)]
    [InlineData("soon", null, null)]
    [InlineData(null, null, null)]
    public void Signs_of_life_are_sent_to_who_asked_for_them(string? microseconds, string? watched, double? seconds)
    {
        var interval = SystemdNotifier.Watchdog(microseconds, watched, processId: 4711);

        Assert.Equal(seconds, interval?.TotalSeconds);
    }
}
