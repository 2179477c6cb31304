using System.CommandLine;
using System.Text.Json.Nodes;
using Slipway.Deployctl.Invocations;

namespace Slipway.Deployctl.Tokens;

internal sealed class TokenRevokeCommand : LeafCommand
{
    private readonly Argument<string> _id = new("ID")
    {
        Description = "The token's id, as deployctl token list shows it.",
    };

    public TokenRevokeCommand(Shell shell)
        : base(shell, "revoke", "Makes a token worthless at once.", "deployctl token revoke 01890a5d")
    {
        Add(_id);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var id = invocation.Arguments.GetRequiredValue(_id);
        await client.Tokens.RevokeAsync(new V1.RevokeTokenRequest { Id = id }, client.Unary(cancellationToken));
        invocation.Printer.Done(new JsonObject { ["id"] = id, ["revoked"] = true }, "id", $"Token {id} is revoked.");
        return ExitCode.Done;
    }
}
