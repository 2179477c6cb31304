using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Contexts;

internal sealed class WhoAmICommand(Shell shell) : LeafCommand(
    shell, "whoami", "Shows the control plane, the token's name, and what it may do.", "deployctl whoami -o json")
{
    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var who = await client.Tokens.WhoAmIAsync(new V1.WhoAmIRequest(), client.Unary(cancellationToken));
        var row = MessageRow.Of(who);
        row["server"] = client.Access.Server.AbsoluteUri;
        row["context"] = client.Access.ContextName;
        invocation.Printer.One(row, "name");
        return ExitCode.Done;
    }
}
