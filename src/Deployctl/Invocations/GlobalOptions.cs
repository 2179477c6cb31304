using System.CommandLine;
using Slipway.Deployctl.Connections;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Invocations;

/// <summary>The options that every command takes.</summary>
internal sealed class GlobalOptions
{
    public Option<string> Output { get; } = new("--output", "-o")
    {
        Description = "How results are written: table, json or yaml. [env: SLIPWAY_OUTPUT; default: table]",
        HelpName = "table|json|yaml",
        Recursive = true,
    };

    public Option<bool> Quiet { get; } = new("--quiet", "-q")
    {
        Description = "Only names and ids on standard output, and no remarks.",
        Recursive = true,
    };

    public Option<string> Context { get; } = new("--context")
    {
        Description = "Which login to use. [env: SLIPWAY_CONTEXT; default: the current one]",
        HelpName = "NAME",
        Recursive = true,
    };

    public Option<Uri?> Server { get; } = new("--server")
    {
        Description = "Address of the control plane. [env: SLIPWAY_SERVER; default: the context's]",
        HelpName = "https://HOST:PORT",
        Recursive = true,
        CustomParser = Values.Address,
    };

    public Option<string> TokenFile { get; } = new("--token-file")
    {
        Description = "File that holds the token. [env: SLIPWAY_TOKEN, SLIPWAY_TOKEN_FILE; default: the context's]",
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<TimeSpan?> Timeout { get; } = new("--timeout")
    {
        Description = "Longest time for the command; after it the exit code is 124. [default: 30s a call]",
        HelpName = "DURATION",
        Recursive = true,
        CustomParser = Values.Duration,
    };

    public Option<bool> NoColor { get; } = new("--no-color")
    {
        Description = "No colours. [env: NO_COLOR]",
        Recursive = true,
    };

    public static bool TryParseFormat(string? text, out OutputFormat format)
    {
        (var known, format) = text switch
        {
            "table" or null => (true, OutputFormat.Table),
            "json" => (true, OutputFormat.Json),
            "yaml" => (true, OutputFormat.Yaml),
            _ => (false, OutputFormat.Table),
        };
        return known;
    }

    public void AddTo(Command root)
    {
        Output.CompletionSources.Add("table", "json", "yaml");
        Output.Validators.Add(result =>
        {
            if (!TryParseFormat(result.GetValueOrDefault<string>(), out _))
            {
                result.AddError($"--output: '{result.GetValueOrDefault<string>()}' is none of table, json, yaml");
            }
        });
        foreach (var option in (Option[])[Output, Quiet, Context, Server, TokenFile, Timeout, NoColor])
        {
            root.Add(option);
        }
    }

    public AccessOptions AccessOf(ParseResult parse) =>
        new(parse.GetValue(Server), parse.GetValue(TokenFile), parse.GetValue(Context));
}
