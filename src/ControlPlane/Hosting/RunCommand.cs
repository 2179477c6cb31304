using System.CommandLine;
using System.Data.Common;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Hosting;

/// <summary>The command line. Its options win over the SLIPWAY_ variables, and they over the file.</summary>
internal sealed class RunCommand
{
    private const string VariablePrefix = "SLIPWAY_";
    private const int CouldNotStart = 1;

    private readonly Option<FileInfo?> _config = new("--config")
    {
        Description = "A JSON file with the sections Hosting, Storage, Redis, Identity and Dewy.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _dataDirectory = new("--data-dir")
    {
        Description = "Where everything is kept. Default: /var/lib/slipway/control-plane.",
        HelpName = "DIR",
    };

    private readonly Option<string[]> _listen = new("--listen")
    {
        Description = "An address for TLS; may be given several times. Default: 0.0.0.0:7443.",
        HelpName = "ADDR:PORT",
    };

    private readonly Option<string[]> _hostName = new("--host-name")
    {
        Description = "A further name or address under which clients know this server; may be given several times.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _insecureListen = new("--insecure-listen")
    {
        Description = "A loopback address without TLS, for tools on this host.",
        HelpName = "127.0.0.1:PORT",
    };

    private readonly Option<string?> _bootstrapTokenFile = new("--bootstrap-token-file")
    {
        Description = "Where the first administrator's token is written, readable by its owner, instead of printed.",
        HelpName = "FILE",
    };

    private readonly Func<WebApplicationBuilder, WebApplication> _build;

    private RunCommand(Func<WebApplicationBuilder, WebApplication> build)
    {
        _build = build;
    }

    public static Task<int> InvokeAsync(string[] args, Func<WebApplicationBuilder, WebApplication> build) =>
        new RunCommand(build).Describe().Parse(args).InvokeAsync();

    private RootCommand Describe()
    {
        var run = new Command("run", "Runs the control plane until it is told to stop (SIGTERM, SIGINT).")
        {
            _config, _dataDirectory, _listen, _hostName, _insecureListen, _bootstrapTokenFile,
        };
        run.SetAction(RunAsync);
        return new RootCommand("slipway-control-plane: says what each host runs, and records what happened.") { run };
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        try
        {
            await using var app = _build(CreateBuilder(arguments));
            await app.StartAsync(cancellationToken);
            foreach (var address in app.Services.GetRequiredService<IServer>().Features
                         .Get<IServerAddressesFeature>()!.Addresses)
            {
                await Console.Out.WriteLineAsync($"Listening on {address}");
            }

            await app.WaitForShutdownAsync(cancellationToken);
            return 0;
        }
        catch (Exception exception) when (IsOfTheSurroundings(exception))
        {
            await Console.Error.WriteLineAsync($"slipway-control-plane: {exception.Message}");
            return CouldNotStart;
        }
    }

    // What an administrator can mend; anything else is a bug and shows its stack.
    private static bool IsOfTheSurroundings(Exception exception) => exception is OptionsValidationException
        or InvalidDataException or IOException or UnauthorizedAccessException or SocketException
        or InvalidOperationException or DbException or ProblemException;

    private WebApplicationBuilder CreateBuilder(ParseResult arguments)
    {
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(
        [
            new("Logging:LogLevel:Default", "Information"),
            new("Logging:LogLevel:Microsoft", "Warning"),
            new("Logging:LogLevel:Microsoft.Hosting.Lifetime", "Warning"),
            new("Logging:LogLevel:Grpc", "Warning"),
        ]);
        if (arguments.GetValue(_config) is { } file)
        {
            builder.Configuration.AddJsonFile(file.FullName, optional: false, reloadOnChange: false);
        }

        builder.Configuration.AddEnvironmentVariables(VariablePrefix);
        builder.Configuration.AddInMemoryCollection(Settings(arguments));
        builder.Logging.ClearProviders().AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
        });

        // Standard output carries what this program says; the log goes to standard error.
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        return builder;
    }

    private IEnumerable<KeyValuePair<string, string?>> Settings(ParseResult arguments)
    {
        (string Key, string? Value)[] settings =
        [
            ("Hosting:DataDirectory", arguments.GetValue(_dataDirectory)),
            ("Hosting:InsecureListen", arguments.GetValue(_insecureListen)),
            ("Identity:BootstrapTokenFile", arguments.GetValue(_bootstrapTokenFile)),
            .. Numbered("Hosting:Listen", arguments.GetValue(_listen)),
            .. Numbered("Hosting:HostNames", arguments.GetValue(_hostName)),
        ];
        return settings.Where(setting => setting.Value is not null)
            .Select(setting => KeyValuePair.Create(setting.Key, setting.Value));
    }

    private static IEnumerable<(string Key, string? Value)> Numbered(string key, string[]? values) =>
        (values ?? []).Index().Select(value => ($"{key}:{value.Index}", (string?)value.Item));
}
