using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Slipway.Deployctl.Invocations;

namespace Slipway.Deployctl.Completions;

/// <summary>The framework's help, and after it examples that can be copied.</summary>
internal sealed class ExampleHelpAction(HelpAction inner) : SynchronousCommandLineAction
{
    private static readonly string[] RootExamples =
    [
        "deployctl login https://deploy.example.com:7443",
        "deployctl apply -f shop.yaml",
        "deployctl release push shop 1.5.0 --artifact linux/amd64=shop.tar.gz",
        "deployctl rollout start shop --environment production --version 1.5.0 --watch",
    ];

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var code = inner.Invoke(parseResult);
        var command = parseResult.CommandResult.Command;
        var isRoot = parseResult.CommandResult == parseResult.RootCommandResult;
        var examples = command is LeafCommand leaf ? leaf.Examples : isRoot ? RootExamples : [];
        var output = parseResult.InvocationConfiguration.Output;
        if (examples.Count > 0)
        {
            output.WriteLine("Examples:");
            foreach (var example in examples)
            {
                output.WriteLine($"  {example}");
            }

            output.WriteLine();
        }

        return code;
    }
}
