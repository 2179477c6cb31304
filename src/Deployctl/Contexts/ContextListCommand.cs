using System.Text.Json.Nodes;
using Slipway.Deployctl.Connections;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Contexts;

internal sealed class ContextListCommand(Shell shell)
    : LeafCommand(shell, "list", "Lists the control planes that you logged in to.", "deployctl context list")
{
    protected override Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var file = ContextFile.Load(invocation.Terminal);
        var rows = file.Entries.Select(entry => RowOf(entry, file.Current)).ToList();
        invocation.Printer.Rows(
            rows,
            new Column("NAME", "name"),
            new Column("SERVER", "server"),
            new Column("CURRENT", "current"));
        return Task.FromResult(ExitCode.Done);
    }

    internal static JsonObject RowOf(ContextEntry entry, string? current) => new()
    {
        ["name"] = entry.Name,
        ["server"] = entry.Server.AbsoluteUri,
        ["current"] = entry.Name == current,
    };
}
