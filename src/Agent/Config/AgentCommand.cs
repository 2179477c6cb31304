using System.CommandLine;
using Slipway.Agent.Hosting;
using Slipway.Shared.Modules;

namespace Slipway.Agent.Config;

/// <summary>The agent's command line.</summary>
internal static class AgentCommand
{
    private const string DefaultFile = "/etc/slipway/agent.json";

    /// <summary>Not SLIPWAY_CONFIG, which is deployctl's: one shell may well have both.</summary>
    private const string FileVariable = "SLIPWAY_AGENT_CONFIG";

    /// <summary>Runs what the arguments say and returns the exit code: 0 done, 1 refused.</summary>
    public static Task<int> RunAsync(string[] arguments)
    {
        // The host handles signals itself: it has to hand over what runs, however long that takes.
        var configuration = new InvocationConfiguration { ProcessTerminationTimeout = null };
        return RunAsync(arguments, configuration, CancellationToken.None);
    }

    /// <summary>With another output, and another way to end what follows.</summary>
    public static Task<int> RunAsync(
        string[] arguments, InvocationConfiguration configuration, CancellationToken cancellationToken) =>
        Build().Parse(arguments).InvokeAsync(configuration, cancellationToken);

    private static RootCommand Build()
    {
        var file = new Option<string>("--config", "-c")
        {
            Description = $"The configuration file ({FileVariable}; {DefaultFile})",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable(FileVariable) ?? DefaultFile,
            Recursive = true,
            HelpName = "FILE",
        };

        var run = new Command("run", "Runs the agent; SIGHUP reads the configuration again, SIGTERM stops it");
        run.SetAction((result, cancellationToken) => GuardAsync(
            result, file, () => RunAgentAsync(result.GetRequiredValue(file), cancellationToken)));

        var validate = new Command("validate", "Checks the configuration; starts and opens nothing");
        validate.SetAction((result, cancellationToken) => GuardAsync(
            result, file, () => ValidateAsync(result, result.GetRequiredValue(file), cancellationToken)));

        var modules = new Command("list-modules", "Lists the modules that a configuration can name");
        modules.SetAction(result => Print(
            result, StandardModules.Register(new ModuleRegistry()).All.Select(module => module.Id.Value)));

        var build = new Command("build-info", "Says what this program was built from");
        build.SetAction(result => Print(result, BuildInfo.All.Select(line => $"{line.Name,-10}{line.Value}")));

        var logs = new LogsCommand(TimeProvider.System);
        logs.SetAction((result, cancellationToken) => GuardAsync(result, file, () => logs.RunAsync(
            result, () => AgentConfig.Load(result.GetRequiredValue(file)).StateDir, cancellationToken)));

        return new RootCommand("The Slipway agent: runs on this host what the control plane asks for")
        {
            file, run, validate, logs, modules, build,
        };
    }

    private static async Task<int> GuardAsync(ParseResult result, Option<string> file, Func<Task> action)
    {
        try
        {
            await action();
            return 0;
        }
        catch (ConfigException exception)
        {
            await result.InvocationConfiguration.Error.WriteLineAsync(
                $"slipway-agent: {result.GetRequiredValue(file)}: {exception.Message}");
            return 1;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await result.InvocationConfiguration.Error.WriteLineAsync($"slipway-agent: {exception.Message}");
            return 1;
        }
    }

    private static async Task RunAgentAsync(string file, CancellationToken cancellationToken)
    {
        await using var standardError = Console.OpenStandardError();
        using var loggers = new AgentLoggerFactory(standardError, TimeProvider.System);
        var systemd = SystemdNotifier.FromEnvironment(TimeProvider.System);
        await new AgentHost(file, loggers, systemd, TimeProvider.System).RunAsync(cancellationToken);
    }

    private static async Task ValidateAsync(ParseResult result, string file, CancellationToken cancellationToken)
    {
        var config = AgentConfig.Load(file);
        using var loggers = new AgentLoggerFactory(Stream.Null, TimeProvider.System);
        await using var engine = new ConfigEngine(
            StandardModules.Register(new ModuleRegistry()),
            AgentHost.Services(new(config.StateDir), new(file, () => { }), loggers, TimeProvider.System),
            TimeSpan.Zero,
            TimeProvider.System,
            (path, exception) => result.InvocationConfiguration.Error.WriteLine($"{path}: {exception.Message}"));
        await engine.ValidateAsync(config.Apps, cancellationToken);
        await result.InvocationConfiguration.Output.WriteLineAsync($"{file} is valid.");
    }

    private static int Print(ParseResult result, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            result.InvocationConfiguration.Output.WriteLine(line);
        }

        return 0;
    }
}
