using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Tokens;

internal sealed class TokenListCommand(Shell shell)
    : LeafCommand(shell, "list", "Lists the tokens, without their secrets.", "deployctl token list")
{
    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var answer = await client.Tokens.ListAsync(new V1.ListTokensRequest(), client.Unary(cancellationToken));
        invocation.Printer.Rows(
            [.. answer.Tokens.Select(MessageRow.Of)],
            new Column("ID", "id"),
            new Column("NAME", "name"),
            new Column("SCOPES", "scopes"),
            Column.Time("EXPIRES", "expires_at"),
            Column.Time("LAST USED", "last_used_at"),
            new Column("REVOKED", "revoked"));
        return ExitCode.Done;
    }
}
