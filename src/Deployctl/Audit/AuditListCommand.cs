using System.CommandLine;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;
using Timestamp = Google.Protobuf.WellKnownTypes.Timestamp;

namespace Slipway.Deployctl.Audit;

internal sealed class AuditListCommand : LeafCommand
{
    private readonly Option<string> _actor = CommonOptions.Text(
        "--actor", "Only by this actor, such as token:ci.", "ACTOR");

    private readonly Option<string> _verb = CommonOptions.Text(
        "--verb", "Only this verb, such as rollout.start.", "VERB");

    private readonly Option<string> _object = CommonOptions.Text(
        "--object", "Only about this object, such as environment/shop/production.", "OBJECT");

    private readonly Option<DateTimeOffset?> _since;
    private readonly Option<DateTimeOffset?> _until;
    private readonly Option<int> _limit = CommonOptions.Limit();

    public AuditListCommand(Shell shell)
        : base(
            shell,
            "list",
            "Lists the audit log, newest first.",
            "deployctl audit list --since 24h",
            "deployctl audit list --actor token:ci --verb rollout.start -o json")
    {
        _since = CommonOptions.Moment("--since", "Not older than this: a time, or how long ago.", shell.Terminal.Time);
        _until = CommonOptions.Moment("--until", "Not newer than this: a time, or how long ago.", shell.Terminal.Time);
        foreach (var option in (Option[])[_actor, _verb, _object, _since, _until, _limit])
        {
            Add(option);
        }
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var arguments = invocation.Arguments;
        var request = new V1.ListAuditRequest
        {
            Actor = arguments.GetValue(_actor) ?? "",
            Verb = arguments.GetValue(_verb) ?? "",
            Object = arguments.GetValue(_object) ?? "",
            Since = arguments.GetValue(_since) is { } since ? Timestamp.FromDateTimeOffset(since) : null,
            Until = arguments.GetValue(_until) is { } until ? Timestamp.FromDateTimeOffset(until) : null,
        };
        var entries = await Pages.ReadAsync<V1.AuditEntry>(
            arguments.GetValue(_limit),
            invocation,
            async (size, token) =>
            {
                (request.PageSize, request.PageToken) = (size, token);
                var answer = await client.Audit.ListAsync(request, client.Unary(cancellationToken));
                return (answer.Entries, answer.NextPageToken);
            });
        invocation.Printer.Rows(
            [.. entries.Select(MessageRow.Of)],
            new Column("SEQUENCE", "sequence"),
            Column.Time("AT", "at"),
            new Column("ACTOR", "actor"),
            new Column("VERB", "verb"),
            new Column("OBJECT", "object"),
            new Column("OUTCOME", "outcome"),
            new Column("DETAIL", "detail"));
        return ExitCode.Done;
    }
}
