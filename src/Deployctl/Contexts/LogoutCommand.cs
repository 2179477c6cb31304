using System.Text.Json.Nodes;
using Grpc.Core;
using Slipway.Deployctl.Connections;
using Slipway.Deployctl.Invocations;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Contexts;

internal sealed class LogoutCommand(Shell shell) : LeafCommand(
    shell,
    "logout",
    "Forgets the current login, or the one of --context. The token itself stays valid: deployctl token revoke.",
    "deployctl logout",
    "deployctl logout --context production")
{
    protected override Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var file = ContextFile.Load(invocation.Terminal);
        var name = invocation.AccessOptions.Context ?? file.Current ?? throw new ProblemException(new Problem(
            StatusCode.NotFound, "NOT_LOGGED_IN", "there is no current context: say which with --context"));
        file.Remove(name);
        invocation.Printer.Done(new JsonObject { ["context"] = name }, "context", $"Forgot the context '{name}'.");
        return Task.FromResult(ExitCode.Done);
    }
}
