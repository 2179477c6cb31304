using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Tokens;

internal sealed class TokenCreateCommand : LeafCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "What the audit log calls it, such as ci." };

    private readonly Option<string[]> _scopes = new("--scope")
    {
        Description = "What it may do; may be repeated: admin, read, release.push, rollout.start, rollout.abort, "
            + "apply, agent.enroll. All but the first two can be narrowed to an application: release.push:shop.",
        HelpName = "SCOPE",
        Required = true,
    };

    private readonly Option<TimeSpan?> _timeToLive = new("--ttl")
    {
        Description = "How long it is valid. [default: until it is revoked]",
        HelpName = "DURATION",
        CustomParser = Values.Duration,
    };

    public TokenCreateCommand(Shell shell)
        : base(
            shell,
            "create",
            "Creates a token for a person or CI, and writes it to standard output. It is shown only this once.",
            "deployctl token create ci --scope release.push:shop --scope rollout.start:shop --ttl 90d -q > ci.token")
    {
        _scopes.CompletionSources.Add(
            "admin", "read", "release.push", "rollout.start", "rollout.abort", "apply", "agent.enroll");
        Add(_name);
        Add(_scopes);
        Add(_timeToLive);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var request = new V1.CreateTokenRequest { Name = invocation.Arguments.GetRequiredValue(_name) };
        request.Scopes.Add(invocation.Arguments.GetRequiredValue(_scopes));
        if (invocation.Arguments.GetValue(_timeToLive) is { } timeToLive)
        {
            request.TimeToLive = Duration.FromTimeSpan(timeToLive);
        }

        var created = await client.Tokens.CreateAsync(request, client.Unary(cancellationToken));
        invocation.Printer.Note($"Token {created.Details?.Id} of '{request.Name}'; it is shown only this once.");
        invocation.Printer.Done(MessageRow.Of(created), "token", created.Token);
        return ExitCode.Done;
    }
}
