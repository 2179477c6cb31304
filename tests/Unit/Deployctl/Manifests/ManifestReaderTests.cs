using Google.Protobuf.Reflection;
using Slipway.Contracts.V1;
using Slipway.Deployctl.Manifests;
using Slipway.Deployctl.Output;
using Slipway.Shared.Rpc;
using Environment = Slipway.Contracts.V1.Environment;

namespace Tests.Unit.Deployctl.Manifests;

public class ManifestReaderTests
{
    private const string Shop =
        """
        kind: Application
        name: shop
        server:
          command: [./bin/shop]
          listen: [{ name: http, address: 127.0.0.1:8080 }]
          environment: { LOG_LEVEL: info, RETRIES: 3 }
          readiness: { http: { path: /healthz, statuses: [200, 204] }, interval: 50ms }
          start_timeout: 30s
        ---
        kind: Environment
        application: shop
        name: production
        selector: { env: production }
        policy: { mode: auto, constraint: ">=1.0", deny: [1.2.3] }
        strategy: { rolling: { batch_size: 25%, max_unavailable: 1 }, bake: 10s }
        """;

    private static readonly ManifestReader Reader = new(new Dictionary<string, MessageDescriptor>
    {
        ["Application"] = Application.Descriptor,
        ["Environment"] = Environment.Descriptor,
    });

    [Fact]
    public void Every_kind_of_field_is_read()
    {
        var manifests = Reader.Read("shop.yaml", Shop);

        var application = Assert.IsType<Application>(manifests[0].Message);
        Assert.Equal("shop", application.Name);
        Assert.Equal(["./bin/shop"], application.Server.Command);
        Assert.Equal("127.0.0.1:8080", Assert.Single(application.Server.Listen).Address);
        Assert.Equal("3", application.Server.Environment["RETRIES"]);
        Assert.Equal([200, 204], application.Server.Readiness.Http.Statuses);
        Assert.Equal(TimeSpan.FromSeconds(30), application.Server.StartTimeout.ToTimeSpan());
        var environment = Assert.IsType<Environment>(manifests[1].Message);
        Assert.Equal(VersionPolicy.Types.Mode.Auto, environment.Policy.Mode);
        Assert.Equal("25%", environment.Strategy.Rolling.BatchSize);
        Assert.Equal(["1.2.3"], environment.Policy.Deny);
    }

    [Theory]
    [InlineData("server: { comand: [a] }", "shop.yaml:3: server.comand: unknown field; did you mean 'command'?")]
    [InlineData("server: { command: a }", "shop.yaml:3: server.command: expected a list, such as [a, b]")]
    [InlineData("server: { start_timeout: 30 }", "shop.yaml:3: server.start_timeout: '30' is no duration")]
    [InlineData("server: { keep_releases: x }", "server.keep_releases: expected a whole number, found 'x'")]
    [InlineData("server: { listen: [{ backlog: 1.5 }] }", "server.listen[0].backlog: expected a whole number")]
    [InlineData("server: { environment: { A: } }", "server.environment.A: expected text; write '' for empty text")]
    [InlineData("server: [a]", "shop.yaml:3: server: expected a mapping with command, listen")]
    [InlineData("server: { readiness: { http: {}, tcp: {} } }", "server.readiness.tcp: 'http' is chosen already")]
    [InlineData("name: twice", "shop.yaml:3: not valid YAML or JSON: Duplicate key name")]
    [InlineData("zzz: 1", "shop.yaml:3: zzz: unknown field; known are name, description, server")]
    [InlineData("a: [", "shop.yaml:")]
    public void A_mistake_is_named_with_its_line_and_the_remedy(string line, string expected)
    {
        var text = $"kind: Application\nname: shop\n{line}\n";

        var refused = Assert.Throws<ProblemException>(() => Reader.Read("shop.yaml", text));

        Assert.Equal("INVALID_MANIFEST", refused.Problem.Reason);
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kind: Aplication", "there is no kind 'Aplication'; did you mean 'Application'?")]
    [InlineData("name: shop", "kind: is missing; write one of Application, Environment")]
    [InlineData("- a", "a manifest is a mapping that begins with 'kind:'")]
    [InlineData("kind: Environment\npolicy: { mode: automatic }", "expected manual or auto, found 'automatic'")]
    public void A_document_that_is_no_manifest_is_refused(string text, string expected)
    {
        var refused = Assert.Throws<ProblemException>(() => Reader.Read("shop.yaml", text));

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_are_shown_at_once()
    {
        var refused = Assert.Throws<ProblemException>(() =>
            Reader.Read("shop.yaml", "kind: Application\nnme: shop\nserver: { comand: [a] }\n---\nkind: Thing\n"));

        Assert.Equal(3, refused.Message.Split('\n').Length);
        Assert.Equal("nme", refused.Problem.Metadata[Problem.FieldKey]);
        Assert.Equal("2", refused.Problem.Metadata["line"]);
    }

    [Fact]
    public void Json_is_read_as_well()
    {
        var manifest = Assert.Single(Reader.Read("shop.json", """{"kind": "Application", "name": "shop"}"""));

        Assert.Equal("shop", Assert.IsType<Application>(manifest.Message).Name);
    }

    [Fact]
    public void What_get_shows_can_be_applied_again()
    {
        var application = Assert.IsType<Application>(Reader.Read("shop.yaml", Shop)[0].Message);
        application.UpdatedAt = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch);
        application.Server.Readiness = new Readiness { Notify = new NotifyReadiness() };
        application.Version = 7;
        var row = MessageRow.Of(application);
        row.Insert(0, "kind", "Application");

        var fromYaml = Reader.Read("again.yaml", RowWriter.Yaml(row))[0].Message;
        var fromJson = Reader.Read("again.json", RowWriter.Json(row))[0].Message;
        var fromTable = Reader.Read("again.yaml", RowWriter.Yaml(EmptyFields.Without(row)))[0].Message;

        application.UpdatedAt = null;
        Assert.Equal(application, fromYaml);
        Assert.Equal(application, fromJson);
        Assert.Equal(application, fromTable);
    }

    [Fact]
    public void A_refusal_of_the_control_plane_is_found_in_the_file()
    {
        var manifest = Reader.Read("shop.yaml", Shop)[0];

        var located = manifest.Locate(Problem.InvalidField("server.listen[0].address", "there is no port 99999"));

        Assert.StartsWith("shop.yaml:5: server.listen[0].address: ", located.Message, StringComparison.Ordinal);
    }
}
