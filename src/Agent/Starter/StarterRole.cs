using System.ComponentModel;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;

namespace Slipway.Agent.Starter;

/// <summary>The program under its other name: what Server::Starter's start_server is, and more.</summary>
internal static class StarterRole
{
    public const string Name = "start_server";

    /// <summary>The version of Server::Starter whose options and words these are.</summary>
    private const string Version = "0.35";

    private const string Command = "start-server";
    private const int MostName = 4096;

    /// <summary>The arguments for start_server; null: somebody else was called.</summary>
    public static string[]? ArgumentsOf(string[] arguments) =>
        arguments is [Command, .. var rest] ? rest : IsCalled() ? arguments : null;

    public static async Task<int> RunAsync(string[] arguments)
    {
        using var output = new StarterOutput(new StarterOptions());
        try
        {
            var options = StarterArguments.Parse(arguments);
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
                    return options is { IsDaemon: true, ReportDescriptor: null }
                        ? StarterDaemon.Start(arguments, output.Say)
                        : Serve(options, output);
            }
        }
        catch (Exception e) when (IsExpected(e))
        {
            output.Say(e.Message);
            return 1;
        }
    }

    private static bool IsExpected(Exception e) =>
        e is StarterException or Win32Exception or IOException or UnauthorizedAccessException;

    /// <summary>Whether the name that this program was called by ends in ours.</summary>
    private static bool IsCalled()
    {
        Span<byte> buffer = stackalloc byte[MostName];
        var line = Libc.ReadStart("/proc/self/cmdline\0"u8, buffer);
        var end = line.IndexOf((byte)0);
        var name = end < 0 ? line : line[..end];
        return name[(name.LastIndexOf((byte)'/') + 1)..].SequenceEqual("start_server"u8);
    }

    private static int Serve(StarterOptions options, StarterOutput errors)
    {
        using var report = new StarterReport(options.ReportDescriptor);
        try
        {
            Serve(options, report);
            return 0;
        }
        catch (Exception e) when (IsExpected(e))
        {
            errors.Say(e.Message); // Before the report's end, after which nobody reads it any more.
            return 1;
        }
    }

    private static void Serve(StarterOptions options, StarterReport report)
    {
        // Before anything else: where SIGCHLD is ignored, the kernel keeps no exit status.
        Libc.ResetSignal(Libc.SignalChild);
        Libc.IgnoreSignal(Libc.SignalPipe);
        Libc.NameProcess("start_server\0"u8); // A daemon's would be that of /proc/self/exe.
        using var output = new StarterOutput(options);
        output.Open();
        output.Say($"start_server (pid:{Environment.ProcessId}) starting now...");
        using var pidFile = options.PidFile is { } path ? PidFile.Take(path) : null;
        var status = options.StatusFile is { } statusPath ? new StatusFile(statusPath) : null;
        using var poller = new Poller(TimeProvider.System);
        using var supervisor = new SupervisorLoop(folder: null, poller, new Random());
        var sockets = StarterSockets.Open(options, supervisor.Listeners, output.Say);
        if (options.Ready == StarterReadiness.Tcp
            && !sockets.Listen.Any(spec => ListenAddress.Parse(spec.Address)!.Kind == ListenKind.Tcp))
        {
            throw new StarterException("--ready=tcp needs a TCP socket to connect to; give one by --port");
        }

        output.Redirect();
        status?.Remove();
        var parts = new StarterParts(output, new StarterEnvironment(options), status, report);
        var loop = new StarterLoop(poller, supervisor, options, sockets, parts);
        using var logEnd = WatchLog(poller, output);
        using var signals = new StarterSignals(poller, loop.Handle, output.Reopen);
        pidFile?.Write(Environment.ProcessId); // Who reads it may send signals.
        loop.Run();
        status?.Remove();
    }

    /// <summary>Leaves no zombie of a command that takes the output.</summary>
    private static IDisposable? WatchLog(Poller poller, StarterOutput output)
    {
        IDisposable? watch = null;
        if (output.LogProcess is { } process)
        {
            watch = poller.On(process, Libc.Readable, () =>
            {
                Libc.WaitForChild(process, reap: true);
                watch!.Dispose();
            });
        }

        return watch;
    }
}
