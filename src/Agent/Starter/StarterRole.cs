using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor.Upgrades;

namespace Slipway.Agent.Starter;

/// <summary>The program under its other name: what Server::Starter's start_server is, and more.</summary>
internal static class StarterRole
{
    public const string Name = "start_server";

    /// <summary>The order to begin where signals are held, and to a daemon at which descriptor to report.</summary>
    public const string Begin = "--begin";

    /// <summary>The version of Server::Starter whose options and words these are.</summary>
    private const string Version = "0.35";

    public static async Task<int> RunAsync(StarterCall call)
    {
        using var output = new StarterOutput(new StarterOptions());
        try
        {
            if (call.Arguments is [StarterFront.Preflight, .. var given])
            {
                StarterArguments.Parse(given);
                return PreflightRole.Run(handover => StarterHandover.Read(handover.Front));
            }

            var options = StarterArguments.Parse(call.Arguments);
            var control = new StarterControl(options, TimeProvider.System, output.Say);
            switch (options.Verb)
            {
                case StarterVerb.Help:
                    await Console.Out.WriteAsync(StarterHelp.Text);
                    return 0;
                case StarterVerb.Version:
                    await Console.Out.WriteLineAsync(Version);
                    return 0;
                case StarterVerb.Restart:
                    await control.RestartAsync();
                    return 0;
                case StarterVerb.Stop:
                    await control.StopAsync();
                    return 0;
                default:
                    return options.IsDaemon && call.Orders is []
                        ? StarterDaemon.Start(call, output.Say)
                        : Serve(call, options, output);
            }
        }
        catch (Exception e) when (IsExpected(e))
        {
            output.Say(e.Message);
            return 1;
        }
    }

    private static bool IsExpected(Exception e) =>
        e is StarterException or Win32Exception or IOException or UnauthorizedAccessException or JsonException;

    private static int Serve(StarterCall call, StarterOptions options, StarterOutput errors)
    {
        // Before anything else: where SIGCHLD is ignored, the kernel keeps no exit status.
        Libc.ResetSignal(Libc.SignalChild);
        Libc.IgnoreSignal(Libc.SignalPipe);
        Libc.NameProcess("start_server\0"u8); // A daemon's would be that of /proc/self/exe.
        var front = new StarterFront(call);
        if (UpgradeRole.Run(
            front,
            call.Orders,
            (taken, poller) => StarterServer.Resume(options, front, taken, poller),
            (server, _) => server.Run()) is { } code)
        {
            return code;
        }

        if (call.Orders is [] && !StarterSignals.AreHeld)
        {
            front.Become(StarterCall.FindProgram(), Begin);
        }

        int? number = call.Orders is [Begin, var text] ? int.Parse(text, CultureInfo.InvariantCulture) : null;
        using var report = new StarterReport(number is { } known ? Libc.Inherit(known) : null);
        try
        {
            using var poller = new Poller(TimeProvider.System);
            using var server = StarterServer.Open(options, front, report, poller);
            server.Run();
            return 0;
        }
        catch (Exception e) when (IsExpected(e))
        {
            errors.Say(e.Message); // Before the report's end, after which nobody reads it any more.
            return 1;
        }
    }
}
