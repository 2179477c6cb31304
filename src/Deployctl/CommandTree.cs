using System.CommandLine;
using System.CommandLine.Help;
using Slipway.Deployctl.Agents;
using Slipway.Deployctl.Applications;
using Slipway.Deployctl.Audit;
using Slipway.Deployctl.Completions;
using Slipway.Deployctl.Contexts;
using Slipway.Deployctl.Environments;
using Slipway.Deployctl.History;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Logs;
using Slipway.Deployctl.Manifests;
using Slipway.Deployctl.Output;
using Slipway.Deployctl.Releases;
using Slipway.Deployctl.Rollouts;
using Slipway.Deployctl.Tokens;

namespace Slipway.Deployctl;

/// <summary>All commands, nouns first.</summary>
internal static class CommandTree
{
    public static Command Create(Terminal terminal)
    {
        var shell = new Shell(terminal, new GlobalOptions());
        var root = new Command("deployctl", "Deploys applications to the hosts of a Slipway control plane.")
        {
            new LoginCommand(shell),
            new LogoutCommand(shell),
            new WhoAmICommand(shell),
            new Command("context", "The control planes that you logged in to.")
            {
                new ContextListCommand(shell),
                new ContextUseCommand(shell),
                new ContextGetCommand(shell),
            },
            new ApplyCommand(shell),
            new Command("application", "What can be deployed.")
            {
                new ApplicationListCommand(shell),
                new ApplicationGetCommand(shell),
            },
            new Command("environment", "Where and how an application runs.")
            {
                new EnvironmentListCommand(shell),
                new EnvironmentGetCommand(shell),
            },
            new Command("release", "Immutable versions of an application, with their artifacts.")
            {
                new ReleasePushCommand(shell),
                new ReleaseListCommand(shell),
                new ReleaseGetCommand(shell),
            },
            new Command("rollout", "Taking an environment from what it runs to a release, in batches.")
            {
                new RolloutStartCommand(shell),
                new RolloutStatusCommand(shell),
                new RolloutListCommand(shell),
                new RolloutAbortCommand(shell),
            },
            new HistoryCommand(shell),
            new LogsCommand(shell),
            AgentCommands(shell),
            new Command("token", "How people and CI prove who they are.")
            {
                new TokenCreateCommand(shell),
                new TokenListCommand(shell),
                new TokenRevokeCommand(shell),
            },
            new Command("audit", "Who did what, when, from where.") { new AuditListCommand(shell) },
            new CompletionCommand(shell),
            new CompleteCommand(shell, () => Create(terminal)),
            new VersionCommand(shell),
        };
        shell.Globals.AddTo(root);
        var help = new HelpOption();
        help.Action = new ExampleHelpAction((HelpAction)help.Action!);
        root.Add(help);
        NameArguments(root);
        return root;
    }

    // Otherwise help shows what completion would offer instead of the name, and asks the control plane for it.
    private static void NameArguments(Command command)
    {
        foreach (var argument in command.Arguments)
        {
            argument.HelpName ??= argument.Name;
        }

        foreach (var subcommand in command.Subcommands)
        {
            NameArguments(subcommand);
        }
    }

    private static Command AgentCommands(Shell shell) => new("agent", "The hosts.")
    {
        new AgentListCommand(shell),
        new AgentGetCommand(shell),
        new AgentRemoveCommand(shell),
        new Command("token", "One-time tokens with which hosts enrol.") { new AgentTokenCreateCommand(shell) },
    };
}
