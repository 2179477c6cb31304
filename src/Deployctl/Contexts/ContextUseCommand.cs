using System.CommandLine;
using Slipway.Deployctl.Connections;
using Slipway.Deployctl.Invocations;

namespace Slipway.Deployctl.Contexts;

internal sealed class ContextUseCommand : LeafCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "The context's name." };

    public ContextUseCommand(Shell shell)
        : base(shell, "use", "Makes a login the current one.", "deployctl context use production")
    {
        _name.CompletionSources.Add(_ => ContextFile.Load(shell.Terminal).Entries.Select(entry => entry.Name));
        Add(_name);
    }

    protected override Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var file = ContextFile.Load(invocation.Terminal);
        file.Use(invocation.Arguments.GetRequiredValue(_name));
        var entry = file.Find(file.Current!);
        invocation.Printer.Done(
            ContextListCommand.RowOf(entry, file.Current), "name", $"Now using '{entry.Name}' at {entry.Server}.");
        return Task.FromResult(ExitCode.Done);
    }
}
