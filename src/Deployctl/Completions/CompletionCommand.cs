using System.CommandLine;
using Slipway.Deployctl.Invocations;

namespace Slipway.Deployctl.Completions;

internal sealed class CompletionCommand : LeafCommand
{
    private readonly Argument<string> _shell = new("SHELL")
    {
        Description = "bash, zsh or fish.",
        HelpName = "bash|fish|zsh",
    };

    public CompletionCommand(Shell shell)
        : base(
            shell,
            "completion",
            "Writes a script that teaches a shell to complete commands, options and names.",
            "source <(deployctl completion bash)",
            "deployctl completion zsh > ~/.zfunc/_deployctl",
            "deployctl completion fish > ~/.config/fish/completions/deployctl.fish")
    {
        _shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        Add(_shell);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var script = CompletionScripts.For(invocation.Arguments.GetRequiredValue(_shell));
        await invocation.Terminal.Out.WriteAsync(script.AsMemory(), cancellationToken);
        return ExitCode.Done;
    }
}
