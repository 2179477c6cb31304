using System.CommandLine.Completions;
using Grpc.Core;
using Slipway.Deployctl.Connections;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Invocations;

/// <summary>Names for shell completion, asked of the control plane. Quick, or none at all.</summary>
internal static class NamesClient
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public static Func<CompletionContext, IEnumerable<CompletionItem>> Applications(Shell shell) => Ask(
        shell,
        client => client.Applications.List(new() { PageSize = Pages.MaxPageSize }, client.Unary(default))
            .Applications.Select(application => application.Name));

    public static Func<CompletionContext, IEnumerable<CompletionItem>> Environments(Shell shell) => Ask(
        shell,
        client => client.Environments.List(new() { PageSize = Pages.MaxPageSize }, client.Unary(default))
            .Environments.Select(environment => environment.Name));

    public static Func<CompletionContext, IEnumerable<CompletionItem>> Agents(Shell shell) => Ask(
        shell,
        client => client.Agents.List(new() { PageSize = Pages.MaxPageSize }, client.Unary(default))
            .Agents.Select(agent => agent.Name));

    private static Func<CompletionContext, IEnumerable<CompletionItem>> Ask(
        Shell shell,
        Func<ControlPlaneClient, IEnumerable<string>> names) => context =>
    {
        try
        {
            var access = ServerAccess.Resolve(shell.Terminal, shell.Globals.AccessOf(context.ParseResult));
            if (access is { Authority: null, Server.Scheme: "https" })
            {
                return [];
            }

            using var client = ControlPlaneClient.Open(access, Patience, shell.Terminal.Time);
            return [.. names(client).Distinct().Select(name => new CompletionItem(name))];
        }
        catch (Exception e) when (e is RpcException or ProblemException or IOException)
        {
            return [];
        }
    };
}
