using System.CommandLine;
using Grpc.Core;
using Slipway.Deployctl.Connections;
using Slipway.Deployctl.Output;
using Slipway.Shared.Rpc;
using Spectre.Console;

namespace Slipway.Deployctl.Invocations;

/// <summary>One run of one command: what was typed, where to write, and the connection once it is needed.</summary>
internal sealed class Invocation(Shell shell, ParseResult parse) : IDisposable
{
    private ControlPlaneClient? _client;

    public Terminal Terminal => shell.Terminal;

    public ParseResult Arguments => parse;

    public TimeSpan? Timeout => parse.GetValue(shell.Globals.Timeout);

    public Printer Printer => field ??= new(Terminal, Format, parse.GetValue(shell.Globals.Quiet));

    /// <summary>Whether colours and lines that are written over are welcome on standard error and output.</summary>
    public bool IsColorWanted => !parse.GetValue(shell.Globals.NoColor) && Terminal.Variable("NO_COLOR") is null;

    public AccessOptions AccessOptions => shell.Globals.AccessOf(parse);

    /// <summary>The control plane that the last connection went to; absent before the first.</summary>
    public Uri? Server { get; private set; }

    private OutputFormat Format =>
        GlobalOptions.TryParseFormat(
            parse.GetValue(shell.Globals.Output) ?? Terminal.Variable("SLIPWAY_OUTPUT"), out var format)
            ? format
            : throw new ProblemException(new Problem(
                StatusCode.InvalidArgument, "INVALID_OPTION", "SLIPWAY_OUTPUT: it is none of table, json, yaml"));

    public async Task<ControlPlaneClient> ConnectAsync(CancellationToken cancellationToken) =>
        _client ??= await ConnectAsync(ServerAccess.Resolve(Terminal, AccessOptions), cancellationToken);

    /// <summary>As somebody else than the options say: what a login tries out.</summary>
    public async Task<ControlPlaneClient> ConnectAsync(ServerAccess access, CancellationToken cancellationToken)
    {
        Server = access.Server;
        _client = await ControlPlaneClient.ConnectAsync(access, Timeout, Terminal.Time, cancellationToken);
        return _client;
    }

    /// <summary>For what is drawn anew in place.</summary>
    public IAnsiConsole Live(TextWriter writer) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(writer),
        Ansi = AnsiSupport.Yes,
        ColorSystem = IsColorWanted ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
    });

    public void Dispose() => _client?.Dispose();
}
