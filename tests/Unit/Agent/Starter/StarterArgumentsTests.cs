using Slipway.Agent.Starter;

namespace Tests.Unit.Agent.Starter;

public class StarterArgumentsTests
{
    [Fact]
    public void Options_stand_anywhere_before_two_dashes()
    {
        var options = StarterArguments.Parse(["prog", "one", "--interval=0", "two", "--", "--port=1", ""]);

        Assert.Equal(["prog", "one", "two", "--port=1", ""], options.Command);
        Assert.Equal(TimeSpan.Zero, options.Interval);
        Assert.Empty(options.Ports);
    }

    [Fact]
    public void A_name_may_have_one_dash_and_capitals_and_be_cut_short()
    {
        var options = StarterArguments.Parse(
        [
            "-PORT=80", "--port", "81", "--status=f", "--kill", "1.5", "--signal-on-h=sigUsr1", "-interval", ".5", "x",
        ]);

        Assert.Equal(["80", "81"], options.Ports);
        Assert.Equal("f", options.StatusFile);
        Assert.Equal("1.5", options.Variables["KILL_OLD_DELAY"]);
        Assert.Equal("USR1", options.SignalOnHup);
        Assert.Equal(TimeSpan.FromSeconds(0.5), options.Interval);
    }

    [Theory]
    [InlineData("Option s is ambiguous (signal-on-hup, signal-on-term, status-file, stop)", "-s", "x")]
    [InlineData("Unknown option: nonsense", "--nonsense", "x")]
    [InlineData("Unknown option: ready-t", "--ready-t=3", "x")]
    [InlineData("Option enable-auto-restart does not take an argument", "--enable-auto-restart=1", "x")]
    [InlineData("Option port requires an argument", "x", "--port")]
    [InlineData("Value \"x\" invalid for option interval (number expected)", "--interval=x", "x")]
    [InlineData("Value \"1.5\" invalid for option backlog (number expected)", "--backlog=1.5", "x")]
    [InlineData("server program not specified", "--port=80")]
    [InlineData("--log-file option must be specified together with --daemonize", "--daemonize", "x")]
    [InlineData("--stop option requires --pid-file to be set as well", "--stop")]
    [InlineData("--restart option requires --pid-file and --status-file to be set as well", "--restart", "--pid=x")]
    [InlineData("unknown signal: NO; give a name such as TERM or USR1, or a number", "--signal-on-hup=no", "x")]
    [InlineData("unknown value for --ready: soon; give interval, notify or tcp", "--ready=soon", "x")]
    public void What_cannot_be_done_is_refused_with_the_reason(string reason, params string[] arguments)
    {
        var refusal = Assert.Throws<StarterException>(() => StarterArguments.Parse(arguments));

        Assert.Equal(reason, refusal.Message);
    }

    [Fact]
    public void Help_goes_before_all_that_may_be_missing() =>
        Assert.Equal(StarterVerb.Help, StarterArguments.Parse(["--stop", "--daemonize", "--help"]).Verb);

    [Fact]
    public void One_list_of_options_serves_to_start_and_to_stop() =>
        Assert.Equal(
            StarterVerb.Stop, StarterArguments.Parse(["--stop", "--pid-file=p", "--daemonize", "--", "x"]).Verb);

    [Theory]
    [InlineData("8080", "8080", "0.0.0.0:8080", null)]
    [InlineData(" 8080 ", "8080", "0.0.0.0:8080", null)]
    [InlineData(":8080", "8080", "0.0.0.0:8080", null)]
    [InlineData("8080=9", "8080", "0.0.0.0:8080", 9)]
    [InlineData("127.0.0.1:8080=0", "127.0.0.1:8080", "127.0.0.1:8080", 0)]
    [InlineData("[127.0.0.1]:8080", "127.0.0.1:8080", "127.0.0.1:8080", null)]
    [InlineData("localhost:8080", "localhost:8080", "127.0.0.1:8080", null)]
    [InlineData("[::1]:8080", "[::1]:8080", "[::1]:8080", null)]
    [InlineData("::1:8080", "[::1]:8080", "[::1]:8080", null)]
    [InlineData("u443", "443", "udp:0.0.0.0:443", null)]
    [InlineData("0.0.0.0:u443=7", "0.0.0.0:443", "udp:0.0.0.0:443", 7)]
    [InlineData("0", "0", "0.0.0.0:0", null)]
    public void A_port_is_read_as_the_original_reads_it(string text, string name, string address, int? descriptor) =>
        Assert.Equal(new PortSpec(name, address, descriptor), PortSpec.Parse(text));

    [Theory]
    [InlineData("70000")]
    [InlineData("http")]
    [InlineData("80=x")]
    [InlineData("")]
    public void What_is_no_port_is_refused(string text) =>
        Assert.Throws<StarterException>(() => PortSpec.Parse(text));
}
