using System.CommandLine;
using Slipway.Deployctl.Invocations;

namespace Slipway.Deployctl.Completions;

/// <summary>What the completion scripts call: the words so far, the last of them unfinished.</summary>
internal sealed class CompleteCommand : LeafCommand
{
    private readonly Argument<string[]> _words = new("WORD") { Arity = ArgumentArity.ZeroOrMore };
    private readonly Func<Command> _root;

    public CompleteCommand(Shell shell, Func<Command> root)
        : base(shell, "complete", "Writes the words that can come next, for the completion scripts.")
    {
        Hidden = true;
        _root = root;
        Add(_words);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var words = invocation.Arguments.GetValue(_words) ?? [];
        var line = string.Join(' ', words.Select(Quoted));
        var unfinished = words.Length == 0 ? "" : words[^1];
        var found = _root().Parse(line).GetCompletions(line.Length)
            .Select(item => item.InsertText ?? item.Label)
            .Where(word => word.StartsWith(unfinished, StringComparison.Ordinal) && word is not ("-?" or "/?" or "/h"))
            .Distinct();
        foreach (var word in found)
        {
            await invocation.Terminal.Out.WriteLineAsync(word.AsMemory(), cancellationToken);
        }

        return ExitCode.Done;
    }

    private static string Quoted(string word) =>
        word.Contains(' ', StringComparison.Ordinal) ? $"\"{word.Replace("\"", "", StringComparison.Ordinal)}\"" : word;
}
