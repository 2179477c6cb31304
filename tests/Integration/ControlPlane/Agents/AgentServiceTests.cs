using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Tests.Integration.ControlPlane.Agents;

public sealed class AgentServiceTests
{
    private static readonly DateTimeOffset Start = TimeProvider.System.GetUtcNow();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_enrols_with_a_token_and_is_known_by_its_certificate()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);

        using var agent = await TestAgent.EnrollAsync(
            host, "web-1", new Dictionary<string, string> { ["env"] = "production" });
        var seen = await Client(host).GetAsync(new V1.GetAgentRequest { Id = "web-1" }, cancellationToken: Cancelled);
        await agent.RenewAsync(host);

        Assert.Equal(agent.Id.ToString(), seen.Id);
        Assert.Equal("production", seen.Labels["env"]);
        Assert.Equal("linux/amd64", seen.Platform);
        Assert.Equal(V1.Agent.Types.Status.Offline, seen.Status);
        Assert.InRange(
            seen.CertificateExpiresAt.ToDateTimeOffset() - TimeProvider.System.GetUtcNow(),
            TimeSpan.FromDays(6.9),
            TimeSpan.FromDays(7.1));
    }

    [Fact]
    public async Task A_token_serves_as_many_hosts_as_it_was_made_for()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);
        var token = await CreateTokenAsync(host, uses: 2);
        using var first = TestAgent.Stranger("web-1");
        using var second = TestAgent.Stranger("web-2");
        using var third = TestAgent.Stranger("web-3");
        await first.EnrollAsync(host, token);
        await second.EnrollAsync(host, token);

        var refusal = await RefusalOf(() => third.EnrollAsync(host, token));

        Assert.Equal((StatusCode.Unauthenticated, "TOKEN_USED_UP"), refusal);
    }

    [Fact]
    public async Task Only_one_of_two_hosts_that_come_at_once_gets_the_last_use()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);
        var token = await CreateTokenAsync(host, uses: 1);
        var strangers = Enumerable.Range(1, 8).Select(number => TestAgent.Stranger($"web-{number}")).ToList();

        var outcomes = await Task.WhenAll(
            strangers.Select(stranger => RefusalOf(() => stranger.EnrollAsync(host, token))));

        Assert.Equal(7, outcomes.Count(outcome => outcome == (StatusCode.Unauthenticated, "TOKEN_USED_UP")));
        strangers.ForEach(stranger => stranger.Dispose());
    }

    [Fact]
    public async Task A_host_whose_answer_got_lost_asks_again_and_is_the_same_agent()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);
        var token = await CreateTokenAsync(host, uses: 1);
        using var agent = TestAgent.Stranger("web-1");
        await agent.EnrollAsync(host, token);
        var id = agent.Id;

        await agent.EnrollAsync(host, token);

        Assert.Equal(id, agent.Id);
    }

    [Fact]
    public async Task A_second_host_of_the_same_name_is_refused_until_the_first_is_removed()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);
        using var first = await TestAgent.EnrollAsync(host, "web-1");
        using var second = TestAgent.Stranger("web-1");
        var token = await CreateTokenAsync(host, uses: 1);

        var refusal = await RefusalOf(() => second.EnrollAsync(host, token));
        await Client(host).RemoveAsync(new V1.RemoveAgentRequest { Id = "web-1" }, cancellationToken: Cancelled);
        await second.EnrollAsync(host, token);

        Assert.Equal((StatusCode.AlreadyExists, "AGENT_EXISTS"), refusal);
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal((StatusCode.Unauthenticated, "AGENT_REMOVED"), await RefusalOf(() => first.RenewAsync(host)));
    }

    [Fact]
    public async Task An_expired_enrolment_token_is_refused()
    {
        var time = new FakeTimeProvider(Start);
        await using var host = await ControlPlaneHost.StartAsync(
            Cancelled, builder => builder.Services.AddSingleton<TimeProvider>(time));
        var token = await CreateTokenAsync(host, uses: 1);
        using var agent = TestAgent.Stranger("web-1");

        time.Advance(TimeSpan.FromMinutes(16));

        var refusal = await RefusalOf(() => agent.EnrollAsync(host, token));
        Assert.Equal((StatusCode.Unauthenticated, "TOKEN_EXPIRED"), refusal);
    }

    [Fact]
    public async Task An_expired_certificate_is_told_what_to_do()
    {
        var time = new FakeTimeProvider(Start - TimeSpan.FromDays(8));
        await using var host = await ControlPlaneHost.StartAsync(
            Cancelled, builder => builder.Services.AddSingleton<TimeProvider>(time));
        using var agent = await TestAgent.EnrollAsync(host, "web-1");

        // The certificate is out of date by the machine's clock, too, which is what TLS looks at.
        time.Advance(TimeSpan.FromDays(8));

        var refusal = await Assert.ThrowsAsync<RpcException>(() => agent.RenewAsync(host));
        var problem = Problem.From(refusal);
        Assert.Equal((StatusCode.Unauthenticated, "CERTIFICATE_EXPIRED"), (problem.Code, problem.Reason));
        Assert.Contains("enrol the host again", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sle1.x.y.z", "TOKEN_INVALID")]
    [InlineData("nonsense", "TOKEN_INVALID")]
    public async Task A_bad_enrolment_token_is_refused(string token, string reason)
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);
        using var agent = TestAgent.Stranger("web-1");

        Assert.Equal((StatusCode.Unauthenticated, reason), await RefusalOf(() => agent.EnrollAsync(host, token)));
    }

    [Fact]
    public async Task Agents_are_listed_page_by_page_and_by_label()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);
        var names = (string[])["a", "b", "c", "d", "e"];
        foreach (var (index, name) in names.Index())
        {
            using var agent = await TestAgent.EnrollAsync(
                host, name, new Dictionary<string, string> { ["parity"] = $"{index % 2}" });
        }

        var pages = new List<string>();
        var request = new V1.ListAgentsRequest { PageSize = 2 };
        do
        {
            var page = await Client(host).ListAsync(request, cancellationToken: Cancelled);
            pages.Add(string.Concat(page.Agents.Select(agent => agent.Name)));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        var odd = await Client(host).ListAsync(
            new V1.ListAgentsRequest { Selector = { ["parity"] = "1" } }, cancellationToken: Cancelled);
        Assert.Equal(["ab", "cd", "e"], pages);
        Assert.Equal(["b", "d"], odd.Agents.Select(agent => agent.Name));
    }

    private static V1.Agents.AgentsClient Client(ControlPlaneHost host) => new(host.Admin);

    private static async Task<string> CreateTokenAsync(ControlPlaneHost host, int uses)
    {
        var request = new V1.CreateEnrollmentTokenRequest
        {
            Uses = uses,
            TimeToLive = Duration.FromTimeSpan(TimeSpan.FromMinutes(15)),
        };
        return (await Client(host).CreateTokenAsync(request, cancellationToken: Cancelled)).Token;
    }

    private static async Task<(StatusCode Code, string Reason)> RefusalOf(Func<Task> call)
    {
        try
        {
            await call();
            return (StatusCode.OK, "");
        }
        catch (RpcException exception)
        {
            return (exception.StatusCode, Problem.From(exception).Reason);
        }
    }
}
