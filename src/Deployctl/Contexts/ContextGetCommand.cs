using System.CommandLine;
using Grpc.Core;
using Slipway.Deployctl.Connections;
using Slipway.Deployctl.Invocations;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Contexts;

internal sealed class ContextGetCommand : LeafCommand
{
    private readonly Argument<string?> _name = new("NAME")
    {
        Description = "The context's name. [default: the current one]",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public ContextGetCommand(Shell shell)
        : base(shell, "get", "Shows one login, without its token.", "deployctl context get")
    {
        Add(_name);
    }

    protected override Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var file = ContextFile.Load(invocation.Terminal);
        var name = invocation.Arguments.GetValue(_name) ?? invocation.AccessOptions.Context ?? file.Current
            ?? throw new ProblemException(new Problem(
                StatusCode.NotFound, "NOT_LOGGED_IN", "there is no current context: run deployctl login"));
        invocation.Printer.One(ContextListCommand.RowOf(file.Find(name), file.Current), "name");
        return Task.FromResult(ExitCode.Done);
    }
}
