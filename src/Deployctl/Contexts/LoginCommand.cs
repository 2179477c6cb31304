using System.CommandLine;
using Grpc.Core;
using Slipway.Deployctl.Connections;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Contexts;

internal sealed class LoginCommand : LeafCommand
{
    private readonly Argument<Uri?> _server = new("ADDRESS")
    {
        Description = "Address of the control plane, such as https://deploy.example.com:7443.",
        CustomParser = Values.Address,
    };

    private readonly Option<string> _name = CommonOptions.Text(
        "--name", "Name of the context that is written. [default: the address's host]");

    public LoginCommand(Shell shell)
        : base(
            shell,
            "login",
            "Checks a token against a control plane and remembers both. The token comes from --token-file, from "
            + "SLIPWAY_TOKEN or SLIPWAY_TOKEN_FILE, from standard input, or is asked for; never from the command line.",
            "deployctl login https://deploy.example.com:7443",
            "deployctl login https://deploy.example.com:7443 --token-file admin.token --name production",
            "vault read -field=token secret/slipway | deployctl login https://deploy.example.com:7443")
    {
        Add(_server);
        Add(_name);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var terminal = invocation.Terminal;
        var server = invocation.Arguments.GetRequiredValue(_server)!;
        var token = ServerAccess.TokenFrom(terminal, invocation.AccessOptions.TokenFile)
            ?? await AskAsync(terminal, cancellationToken);
        var client = await invocation.ConnectAsync(new ServerAccess(server, token, Authority: null), cancellationToken);
        var who = await client.Tokens.WhoAmIAsync(new V1.WhoAmIRequest(), client.Unary(cancellationToken));

        var name = invocation.Arguments.GetValue(_name) ?? server.Host;
        ContextFile.Load(terminal).Put(
            new ContextEntry(name, server, token.Value) { Authority = client.Access.Authority });
        var row = MessageRow.Of(who);
        row["context"] = name;
        row["server"] = server.AbsoluteUri;
        invocation.Printer.Done(row, "context", $"Logged in to {server} as {who.Name}; context '{name}' is current.");
        return ExitCode.Done;
    }

    private static async Task<AccessToken> AskAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        var line = await terminal.ReadSecretAsync("Token: ", cancellationToken);
        return line is { Length: > 0 }
            ? AccessToken.Parse(line, "the input")
            : throw new ProblemException(new Problem(
                StatusCode.Unauthenticated,
                "NOT_LOGGED_IN",
                "there is no token: give --token-file, set SLIPWAY_TOKEN_FILE, or write it to standard input"));
    }
}
