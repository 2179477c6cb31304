using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Slipway.Contracts.V1;
using Slipway.Shared.Rpc;

namespace Tests.Integration.ControlPlane.Applications;

public sealed class ApplicationServiceTests : IAsyncLifetime
{
    private ControlPlaneHost _host = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Slipway.Contracts.V1.Applications.ApplicationsClient Client => new(_host.Admin);

    public async ValueTask InitializeAsync() => _host = await ControlPlaneHost.StartAsync(Token);

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_new_application_has_its_defaults_filled_in()
    {
        var answer = await ApplyAsync(Shop());
        var server = (await GetAsync()).Server;

        Assert.True(answer.Created);
        Assert.Equal(1UL, answer.Application.Version);
        Assert.Equal("TERM", server.StopSignal);
        Assert.Equal(5, server.KeepReleases);
        Assert.Equal(Duration.FromTimeSpan(TimeSpan.FromSeconds(30)), server.StartTimeout);
        Assert.Equal(Readiness.KindOneofCase.Tcp, server.Readiness.KindCase);
        Assert.Contains(
            answer.Changes,
            change => change is { Path: "server.listen[0].address", After: "8080", HasBefore: false });
    }

    [Fact]
    public async Task The_same_application_again_changes_nothing()
    {
        var first = await ApplyAsync(Shop());
        var second = await ApplyAsync(Shop());
        var third = await ApplyAsync(first.Application);

        Assert.Empty(second.Changes);
        Assert.Empty(third.Changes);
        Assert.False(second.Created);
        Assert.Equal(first.Application, second.Application);
        Assert.Equal(first.Application, third.Application);
    }

    [Fact]
    public async Task A_change_is_told_by_its_path_and_counted()
    {
        await ApplyAsync(Shop());
        var changed = Shop();
        changed.Server.Listen[0].Address = "8081";
        changed.Server.Bake = Duration.FromTimeSpan(TimeSpan.FromSeconds(1.5));

        var answer = await ApplyAsync(changed);

        Assert.Equal(2UL, answer.Application.Version);
        Assert.Equal(
            [("server.listen[0].address", "8080", "8081"), ("server.bake", "0s", "1s500ms")],
            answer.Changes.Select(change => (change.Path, change.Before, change.After)));
    }

    [Fact]
    public async Task A_dry_run_says_what_would_change_and_changes_nothing()
    {
        var dry = await Client.ApplyAsync(
            new ApplyApplicationRequest { Application = Shop(), DryRun = true }, cancellationToken: Token);

        Assert.True(dry.Created);
        Assert.NotEmpty(dry.Changes);
        Assert.Equal("APPLICATION_NOT_FOUND", (await ProblemOfAsync(GetAsync())).Reason);
    }

    [Fact]
    public async Task An_update_on_a_version_that_moved_is_refused()
    {
        await ApplyAsync(Shop());
        var changed = Shop();
        changed.Description = "the shop";

        var problem = await ProblemOfAsync(Client.ApplyAsync(
            new ApplyApplicationRequest { Application = changed, ExpectedVersion = 7 },
            cancellationToken: Token).ResponseAsync);

        Assert.Equal((StatusCode.Aborted, "VERSION_MOVED"), (problem.Code, problem.Reason));
        Assert.Equal("1", problem.Metadata["version"]);
    }

    [Fact]
    public async Task Of_two_updates_of_one_version_only_one_goes_through()
    {
        await ApplyAsync(Shop());

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 5).Select(async number =>
        {
            var changed = Shop();
            changed.Description = $"number {number}";
            try
            {
                await Client.ApplyAsync(
                    new ApplyApplicationRequest { Application = changed, ExpectedVersion = 1 },
                    cancellationToken: Token);
                return "";
            }
            catch (RpcException exception)
            {
                return Problem.From(exception).Reason;
            }
        }));

        Assert.Equal(["", "VERSION_MOVED", "VERSION_MOVED", "VERSION_MOVED", "VERSION_MOVED"], outcomes.Order());
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_said_at_once()
    {
        var problem = await ProblemOfAsync(ApplyAsync(new Application
        {
            Name = "Shop!",
            Server = new ServerSpec
            {
                Listen = { new Listen { Name = "http", Address = "http://localhost" } },
                StartTimeout = new Duration { Seconds = -5, Nanos = 7 },
                StopSignal = "sigwhat",
            },
        }));
        var nothing = await ProblemOfAsync(ApplyAsync(new Application { Name = "shop" }));

        Assert.Equal(
            ["name", "server.command", "server.listen[0].address", "server.start_timeout", "server.stop_signal"],
            problem.Violations.Select(violation => violation.Field));
        Assert.Equal(["server"], nothing.Violations.Select(violation => violation.Field));
    }

    [Fact]
    public async Task Applications_are_listed_by_name_page_by_page()
    {
        foreach (var name in (string[])["c", "a", "b"])
        {
            var application = Shop();
            application.Name = name;
            await ApplyAsync(application);
        }

        var first = await Client.ListAsync(new ListApplicationsRequest { PageSize = 2 }, cancellationToken: Token);
        var second = await Client.ListAsync(
            new ListApplicationsRequest { PageSize = 2, PageToken = first.NextPageToken }, cancellationToken: Token);

        Assert.Equal(["a", "b"], first.Applications.Select(application => application.Name));
        Assert.Equal(["c"], second.Applications.Select(application => application.Name));
        Assert.Equal("", second.NextPageToken);
    }

    [Fact]
    public async Task An_environment_is_applied_compared_and_listed()
    {
        var client = new Slipway.Contracts.V1.Environments.EnvironmentsClient(_host.Admin);
        var environment = new Slipway.Contracts.V1.Environment
        {
            Application = "shop",
            Name = "production",
            Selector = { ["role"] = "web" },
            Policy = new VersionPolicy { Constraint = ">=1 <2", Mode = VersionPolicy.Types.Mode.Auto },
            Variables = { ["A"] = "1" },
        };
        var request = new ApplyEnvironmentRequest { Environment = environment };
        Assert.Equal(
            "APPLICATION_NOT_FOUND",
            (await ProblemOfAsync(client.ApplyAsync(request, cancellationToken: Token).ResponseAsync)).Reason);
        await ApplyAsync(Shop());

        var created = await client.ApplyAsync(request, cancellationToken: Token);
        var again = await client.ApplyAsync(request, cancellationToken: Token);
        environment.Variables["A"] = "2";
        var changed = await client.ApplyAsync(request, cancellationToken: Token);
        var listed = await client.ListAsync(new ListEnvironmentsRequest(), cancellationToken: Token);

        Assert.True(created.Created);
        Assert.Equal("1", created.Environment.Strategy.Rolling.BatchSize);
        Assert.Empty(again.Changes);
        Assert.Equal(("variables.A", "1", "2"), Assert.Single(
            changed.Changes.Select(change => (change.Path, change.Before, change.After))));
        Assert.Equal([changed.Environment], listed.Environments);
        Assert.Equal(
            "ENVIRONMENT_NOT_FOUND",
            (await ProblemOfAsync(client.GetAsync(
                new GetEnvironmentRequest { Application = "shop", Name = "test" },
                cancellationToken: Token).ResponseAsync)).Reason);
    }

    private static Application Shop() => new()
    {
        Name = "shop",
        Server = new ServerSpec
        {
            Command = { "./shop" },
            Listen = { new Listen { Name = "http", Address = "8080" } },
            Environment = { ["B"] = "2", ["A"] = "1" },
        },
    };

    private static async Task<Problem> ProblemOfAsync(Task call) =>
        Problem.From(await Assert.ThrowsAsync<RpcException>(() => call));

    private Task<ApplyApplicationResponse> ApplyAsync(Application application) =>
        Client.ApplyAsync(
            new ApplyApplicationRequest { Application = application },
            cancellationToken: Token).ResponseAsync;

    private Task<Application> GetAsync() =>
        Client.GetAsync(new GetApplicationRequest { Name = "shop" }, cancellationToken: Token).ResponseAsync;
}
