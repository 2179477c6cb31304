using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Slipway.Agent.Hosting;
using Slipway.Agent.Link;
using Slipway.Agent.Runtimes.Self;
using Slipway.Shared.Modules;

namespace Slipway.Agent.Config;

/// <summary>Runs the apps of a configuration file until a signal ends it; supervised programs keep running.</summary>
internal sealed partial class AgentHost(
    string configFile, AgentLoggerFactory loggers, SystemdNotifier systemd, TimeProvider timeProvider)
{
    /// <summary>How long the apps may take to stop.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly ILogger _logger = loggers.CreateLogger(typeof(AgentHost).FullName!);

    /// <summary>What modules may ask the process for.</summary>
    public static ServiceTable Services(
        StateFolder folder, AgentProcess process, ILoggerFactory loggers, TimeProvider timeProvider) =>
        new ServiceTable()
            .Add(process)
            .Add(folder)
            .Add(loggers)
            .Add(timeProvider)
            .Add(new IdentityStore(Path.Combine(folder.Path, "identity")))
            .Add(new Random());

    /// <exception cref="ConfigException">The configuration is refused.</exception>
    /// <exception cref="IOException">The state folder is in use or cannot be written.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var signals = Channel.CreateUnbounded<PosixSignal>();
        using var term = Listen(PosixSignal.SIGTERM, signals.Writer);
        using var interrupt = Listen(PosixSignal.SIGINT, signals.Writer);
        using var hangUp = Listen(PosixSignal.SIGHUP, signals.Writer);

        var config = AgentConfig.Load(configFile);
        loggers.Spec = config.Logging;
        var folder = new StateFolder(config.StateDir);
        using var stateLock = folder.Lock();
        SelfStart.Become(folder.Path, configFile, timeProvider, _logger);
        var process = new AgentProcess(configFile, () => signals.Writer.TryWrite(PosixSignal.SIGTERM));
        await using var engine = new ConfigEngine(
            StandardModules.Register(new ModuleRegistry()),
            Services(folder, process, loggers, timeProvider),
            Grace,
            timeProvider,
            (path, exception) => Log.NotStopped(_logger, path, exception));
        await LoadAsync(engine, config, folder, cancellationToken);
        Log.Running(_logger, BuildInfo.Version, configFile);
        systemd.Ready("Running");
        using var alive = systemd.KeepAlive();

        while (await NextAsync(signals.Reader, cancellationToken) == PosixSignal.SIGHUP)
        {
            systemd.Reloading();
            await ReloadAsync(engine, folder, cancellationToken);
        }

        systemd.Stopping();
        Log.Stopping(_logger);
        await engine.StopAsync();
        SelfStart.End(folder.Path, _logger);
    }

    private async Task LoadAsync(
        ConfigEngine engine, AgentConfig config, StateFolder folder, CancellationToken cancellationToken)
    {
        try
        {
            await engine.LoadAsync(config.Apps, cancellationToken);
        }
        catch (ConfigException)
        {
            // What somebody wrote into a file is no sign that the program does not work.
            SelfStart.End(folder.Path, _logger);
            throw;
        }
    }

    private static async Task<PosixSignal> NextAsync(
        ChannelReader<PosixSignal> signals, CancellationToken cancellationToken)
    {
        try
        {
            return await signals.ReadAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return PosixSignal.SIGTERM;
        }
    }

    // The second request to stop is not caught: it ends the process at once.
    private static PosixSignalRegistration Listen(PosixSignal signal, ChannelWriter<PosixSignal> signals)
    {
        var isFirst = true;
        return PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = isFirst || signal == PosixSignal.SIGHUP;
            isFirst = false;
            signals.TryWrite(signal);
        });
    }

    private async Task ReloadAsync(ConfigEngine engine, StateFolder folder, CancellationToken cancellationToken)
    {
        try
        {
            var config = AgentConfig.Load(configFile);
            if (config.StateDir != folder.Path)
            {
                throw new ConfigException("state_dir", "cannot change while the agent runs; restart it");
            }

            var result = await engine.LoadAsync(config.Apps, cancellationToken);
            loggers.Spec = config.Logging;
            Log.Reloaded(_logger, configFile, result == LoadResult.Unchanged ? "the apps are the same" : "applied");
            systemd.Ready("Running");
        }
        catch (ConfigException exception)
        {
            Log.NotReloaded(_logger, configFile, exception.Message);
            systemd.Ready($"Running; the configuration was refused: {exception.Message}");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Slipway agent {Version} runs with {File}")]
        public static partial void Running(ILogger logger, string version, string file);

        [LoggerMessage(2, LogLevel.Information, "Stopping; the supervised programs keep running")]
        public static partial void Stopping(ILogger logger);

        [LoggerMessage(3, LogLevel.Information, "Reloaded {File}: {Result}")]
        public static partial void Reloaded(ILogger logger, string file, string result);

        [LoggerMessage(4, LogLevel.Error, "Refused {File}, the configuration in force stays: {Why}")]
        public static partial void NotReloaded(ILogger logger, string file, string why);

        [LoggerMessage(5, LogLevel.Warning, "{Path} did not stop cleanly")]
        public static partial void NotStopped(ILogger logger, string path, Exception exception);
    }
}
