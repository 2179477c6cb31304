using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Agents;

internal sealed class AgentTokenCreateCommand : LeafCommand
{
    private readonly Option<IReadOnlyDictionary<string, string>?> _labels = new("--label")
    {
        Description = "A label that each agent gets that enrols with the token; may be repeated.",
        HelpName = "KEY=VALUE",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = Values.Labels,
    };

    private readonly Option<int> _uses = new("--uses")
    {
        Description = "How many agents may enrol with it, from 1 to 1000.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
        CustomParser = Values.Limit,
    };

    private readonly Option<TimeSpan?> _timeToLive = new("--ttl")
    {
        Description = "How long it is valid, at most 7d. [default: 15m]",
        HelpName = "DURATION",
        CustomParser = Values.Duration,
    };

    public AgentTokenCreateCommand(Shell shell)
        : base(
            shell,
            "create",
            "Creates a token with which hosts enrol, and writes it to standard output. It is shown only this once.",
            "deployctl agent token create --label env=production --ttl 15m",
            "deployctl agent token create --label env=production --uses 10 -q > agent.token")
    {
        Add(_labels);
        Add(_uses);
        Add(_timeToLive);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var request = new V1.CreateEnrollmentTokenRequest { Uses = invocation.Arguments.GetValue(_uses) };
        request.Labels.Add((invocation.Arguments.GetValue(_labels) ?? new Dictionary<string, string>()).ToDictionary());
        if (invocation.Arguments.GetValue(_timeToLive) is { } timeToLive)
        {
            request.TimeToLive = Duration.FromTimeSpan(timeToLive);
        }

        var created = await client.Agents.CreateTokenAsync(request, client.Unary(cancellationToken));
        invocation.Printer.Note($"Valid until {created.ExpiresAt?.ToDateTimeOffset():u}; it is shown only this once.");
        invocation.Printer.Done(MessageRow.Of(created), "token", created.Token);
        return ExitCode.Done;
    }
}
