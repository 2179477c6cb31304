using System.CommandLine;
using System.Text.Json.Nodes;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Releases;

internal sealed class ReleaseListCommand : LeafCommand
{
    private readonly Argument<string> _application = new("APPLICATION") { Description = "The application's name." };
    private readonly Option<int> _limit = CommonOptions.Limit();

    public ReleaseListCommand(Shell shell)
        : base(
            shell,
            "list",
            "Lists the releases of an application, newest version first.",
            "deployctl release list shop")
    {
        _application.CompletionSources.Add(NamesClient.Applications(shell));
        Add(_application);
        Add(_limit);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var application = invocation.Arguments.GetRequiredValue(_application);
        var releases = await Pages.ReadAsync<V1.Release>(
            invocation.Arguments.GetValue(_limit),
            invocation,
            async (size, token) =>
            {
                var request = new V1.ListReleasesRequest
                {
                    Application = application,
                    PageSize = size,
                    PageToken = token,
                };
                var answer = await client.Releases.ListAsync(request, client.Unary(cancellationToken));
                return (answer.Releases, answer.NextPageToken);
            });
        invocation.Printer.Rows(
            [.. releases.Select(MessageRow.Of)],
            new Column("VERSION", "version"),
            new Column("PLATFORMS", row => string.Join(',', ArtifactsOf(row).Select(a => a["platform"]))),
            Column.Size("SIZE", row => ArtifactsOf(row).Sum(artifact => (long)artifact["size_bytes"]!)),
            new Column("CREATED BY", "created_by"),
            Column.Time("CREATED", "created_at"),
            new Column("NOTES", row => Column.TextOf(row["notes"]).Split('\n')[0]));
        return ExitCode.Done;
    }

    private static IEnumerable<JsonObject> ArtifactsOf(JsonObject row) =>
        row["artifacts"]!.AsArray().Select(artifact => artifact!.AsObject());
}
