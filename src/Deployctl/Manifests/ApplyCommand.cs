using System.CommandLine;
using System.Text.Json.Nodes;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Slipway.Deployctl.Connections;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Manifests;

internal sealed class ApplyCommand : LeafCommand
{
    private static readonly Dictionary<string, MessageDescriptor> Kinds = new(StringComparer.Ordinal)
    {
        ["Application"] = V1.Application.Descriptor,
        ["Environment"] = V1.Environment.Descriptor,
    };

    private readonly Option<string[]> _files = new("--file", "-f")
    {
        Description = "A manifest, a folder of manifests (.yaml, .yml, .json), or - for standard input; "
            + "may be repeated.",
        HelpName = "FILE|DIR|-",
        Required = true,
    };

    private readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "Let the control plane check everything and say what would change, and change nothing.",
    };

    public ApplyCommand(Shell shell)
        : base(
            shell,
            "apply",
            "Makes applications and environments what the manifests say, and shows the differences: + added, "
            + "- removed, ~ changed. Nothing is sent unless every manifest can be read. The same apply twice "
            + "changes nothing.",
            "deployctl apply -f shop.yaml",
            "deployctl apply -f manifests/ --dry-run",
            "deployctl application get shop -o yaml | deployctl apply -f -")
    {
        Add(_files);
        Add(_dryRun);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var files = await ManifestFiles.ReadAsync(
            invocation.Arguments.GetRequiredValue(_files), invocation.Terminal, cancellationToken);
        var reader = new ManifestReader(Kinds);
        // An environment needs its application first.
        var manifests = files.SelectMany(file => reader.Read(file.File, file.Text))
            .OrderBy(manifest => manifest.Message is V1.Application ? 0 : 1)
            .ToList();
        if (manifests.Count == 0)
        {
            throw new ProblemException(Problem.InvalidField("--file", "there is no manifest in it"));
        }

        RefuseTwice(manifests);
        var isDryRun = invocation.Arguments.GetValue(_dryRun);
        var client = await invocation.ConnectAsync(cancellationToken);
        var rows = new List<JsonObject>();
        foreach (var manifest in manifests)
        {
            var row = await ApplyAsync(client, manifest, isDryRun, rows, cancellationToken);
            rows.Add(row);
            if (invocation.Printer is { Format: OutputFormat.Table, IsQuiet: false })
            {
                await invocation.Terminal.Out.WriteLineAsync(DiffText.Of(row));
            }
        }

        if (invocation.Printer is not { Format: OutputFormat.Table, IsQuiet: false })
        {
            invocation.Printer.Rows(rows, new Column("NAME", "name"));
        }

        return ExitCode.Done;
    }

    private static void RefuseTwice(List<Manifest> manifests)
    {
        var twice = manifests.GroupBy(NameOf).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            var second = twice.ElementAt(1);
            throw new ProblemException(second.Locate(Problem.InvalidField(
                "name", $"{second.Kind} {twice.Key} is there twice; also in {twice.First().File}")));
        }
    }

    private static string NameOf(Manifest manifest) => manifest.Message switch
    {
        V1.Environment environment => $"{environment.Application}/{environment.Name}",
        V1.Application application => application.Name,
        _ => throw new InvalidOperationException($"There is no kind {manifest.Kind}."),
    };

    private static async Task<JsonObject> ApplyAsync(
        ControlPlaneClient client,
        Manifest manifest,
        bool isDryRun,
        List<JsonObject> before,
        CancellationToken cancellationToken)
    {
        try
        {
            return manifest.Message switch
            {
                V1.Application application =>
                    await ApplyAsync(client, application, isDryRun, client.Unary(cancellationToken)),
                V1.Environment environment =>
                    await ApplyAsync(client, environment, isDryRun, client.Unary(cancellationToken)),
                _ => throw new InvalidOperationException($"There is no kind {manifest.Kind}."),
            };
        }
        catch (RpcException e) when (isDryRun
            && manifest.Message is V1.Environment environment
            && Problem.From(e).Reason == "APPLICATION_NOT_FOUND"
            && before.Any(row => (string?)row["name"] == environment.Application))
        {
            // A dry run has not created the application of an earlier document.
            return RowOf("environment", NameOf(manifest), isNew: true, isDryRun: true, []);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.InvalidArgument)
        {
            throw new ProblemException(manifest.Locate(Problem.From(e)), e);
        }
    }

    private static async Task<JsonObject> ApplyAsync(
        ControlPlaneClient client,
        V1.Application application,
        bool isDryRun,
        CallOptions options)
    {
        var request = new V1.ApplyApplicationRequest { Application = application, DryRun = isDryRun };
        if (application.Version > 0)
        {
            request.ExpectedVersion = application.Version;
        }

        var answer = await client.Applications.ApplyAsync(request, options);
        return RowOf("application", application.Name, answer.Created, isDryRun, answer.Changes);
    }

    private static async Task<JsonObject> ApplyAsync(
        ControlPlaneClient client,
        V1.Environment environment,
        bool isDryRun,
        CallOptions options)
    {
        var request = new V1.ApplyEnvironmentRequest { Environment = environment, DryRun = isDryRun };
        if (environment.Version > 0)
        {
            request.ExpectedVersion = environment.Version;
        }

        var answer = await client.Environments.ApplyAsync(request, options);
        var name = $"{environment.Application}/{environment.Name}";
        return RowOf("environment", name, answer.Created, isDryRun, answer.Changes);
    }

    private static JsonObject RowOf(
        string kind,
        string name,
        bool isNew,
        bool isDryRun,
        RepeatedField<V1.Change> changes)
    {
        return new()
        {
            ["kind"] = kind,
            ["name"] = name,
            ["result"] = isNew ? "created" : changes.Count > 0 ? "changed" : "unchanged",
            ["dry_run"] = isDryRun,
            ["changes"] = new JsonArray([.. changes.Select(MessageRow.Of)]),
        };
    }
}
