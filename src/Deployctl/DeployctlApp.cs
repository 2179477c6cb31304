using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Grpc.Core;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl;

/// <summary>The whole program, put together: the process and the tests run the same one.</summary>
internal static partial class DeployctlApp
{
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments,
        Terminal terminal,
        CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, EndGently);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, EndGently);
        try
        {
            var parse = CommandTree.Create(terminal).Parse(arguments);
            if (parse.Action is ParseErrorAction)
            {
                throw new ProblemException(MisuseOf(parse));
            }

            var configuration = new InvocationConfiguration
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parse.InvokeAsync(configuration, ended.Token);
        }
        catch (Exception e) when (ProblemOf(e, ended.Token) is { } problem)
        {
            ErrorWriter.Write(terminal, FormatOf(arguments, terminal), problem);
            return (int)ExitCodes.Of(problem);
        }

        void EndGently(PosixSignalContext signal)
        {
            // The second signal ends the program at once.
            signal.Cancel = !ended.IsCancellationRequested;
            ended.Cancel();
        }
    }

    private static Problem? ProblemOf(Exception exception, CancellationToken ended) => exception switch
    {
        ProblemException refused => refused.Problem,
        OperationCanceledException when ended.IsCancellationRequested =>
            new(StatusCode.Cancelled, "INTERRUPTED", "interrupted"),
        IOException or UnauthorizedAccessException =>
            new(StatusCode.InvalidArgument, "FILE_UNUSABLE", exception.Message),
        _ => new(StatusCode.Internal, "INTERNAL", $"{exception.GetType().Name}: {exception.Message}"),
    };

    private static Problem MisuseOf(ParseResult parse)
    {
        var words = new List<string>();
        for (var symbol = parse.CommandResult; symbol is not null; symbol = symbol.Parent as CommandResult)
        {
            words.Insert(0, symbol.Command.Name);
        }

        var errors = parse.Errors.Select(error => error.Message).Distinct();
        var message = $"{string.Join('\n', errors)}\nSee {string.Join(' ', words)} --help";
        return new(StatusCode.InvalidArgument, "INVALID_OPTION", Token.Replace(message, "${kind}.***"));
    }

    // Somebody may have typed a token where none belongs.
    [GeneratedRegex(@"\b(?<kind>sl[pe]1)\.[^\s']+",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Token { get; }

    // Also for a command line that could not be parsed.
    private static OutputFormat FormatOf(IReadOnlyList<string> arguments, Terminal terminal)
    {
        var given = terminal.Variable("SLIPWAY_OUTPUT");
        foreach (var (index, argument) in arguments.Index())
        {
            given = argument switch
            {
                "-o" or "--output" when index + 1 < arguments.Count => arguments[index + 1],
                _ when argument.StartsWith("--output=", StringComparison.Ordinal) => argument["--output=".Length..],
                _ when argument.StartsWith("-o", StringComparison.Ordinal) && argument.Length > 2 =>
                    argument[2..].TrimStart('='),
                _ => given,
            };
        }

        return GlobalOptions.TryParseFormat(given, out var format) ? format : OutputFormat.Table;
    }
}
