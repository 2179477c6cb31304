using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.ControlPlane.Audit;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Storage;
using Tests.Integration.Kit;
using V1 = Slipway.Contracts.V1;

namespace Tests.Integration.ControlPlane.Audit;

public sealed class AuditTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Entries_are_listed_newest_first_by_page_and_by_what_they_are_about()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);
        await AppendAsync(host.Services.GetRequiredService<Database>(), "a", "b", "c", "d", "e");
        var client = new V1.Audit.AuditClient(host.Admin);

        var pages = new List<string>();
        var request = new V1.ListAuditRequest { PageSize = 2 };
        do
        {
            var page = await client.ListAsync(request, cancellationToken: Cancelled);
            pages.Add(string.Concat(page.Entries.Select(entry => entry.Object)));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        var one = await client.ListAsync(new V1.ListAuditRequest { Object = "c" }, cancellationToken: Cancelled);
        Assert.Equal(["ed", "cb", "a"], pages);
        Assert.Equal((3ul, "system"), (one.Entries[0].Sequence, one.Entries[0].Actor));
    }

    [Fact]
    public async Task A_page_token_of_another_list_is_refused()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);

        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await new V1.Audit.AuditClient(host.Admin)
            .ListAsync(new V1.ListAuditRequest { PageToken = "bogus" }, cancellationToken: Cancelled));

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
    }

    [Fact]
    public async Task Denied_calls_are_written_down()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);
        using var agent = await TestAgent.EnrollAsync(host, "web-1");

        await Assert.ThrowsAsync<RpcException>(async () =>
            await new V1.Tokens.TokensClient(host.Anonymous()).ListAsync(new(), cancellationToken: Cancelled));
        await Assert.ThrowsAsync<RpcException>(async () =>
            await new V1.Tokens.TokensClient(host.ChannelWithCertificate(agent.Certificate))
                .ListAsync(new(), cancellationToken: Cancelled));
        var entries = await new V1.Audit.AuditClient(host.Admin).ListAsync(new(), cancellationToken: Cancelled);

        var denied = entries.Entries.Where(entry => entry.Outcome == V1.AuditEntry.Types.Outcome.Denied);
        Assert.Equal(
            [("agent:web-1", "tokens.list", "127.0.0.1"), ("anonymous", "tokens.list", "127.0.0.1")],
            denied.Select(entry => (entry.Actor, entry.Verb, entry.RemoteAddress)));
        Assert.Contains(entries.Entries, entry => entry is { Actor: "agent:web-1", Verb: "agent.enroll" });
    }

    [Fact]
    public async Task The_secrets_of_tokens_are_nowhere_in_the_log()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);
        var created = await new V1.Tokens.TokensClient(host.Admin).CreateAsync(
            new V1.CreateTokenRequest { Name = "ci", Scopes = { "read" } }, cancellationToken: Cancelled);

        var entries = await new V1.Audit.AuditClient(host.Admin).ListAsync(new(), cancellationToken: Cancelled);

        Assert.DoesNotContain(created.Token.Split('.')[3], entries.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPDATE \"Audit\" SET \"Actor\" = 'nobody' WHERE \"Sequence\" = 3", 3)]
    [InlineData("DELETE FROM \"Audit\" WHERE \"Sequence\" = 2", 2)]
    [InlineData("DELETE FROM \"Audit\" WHERE \"Sequence\" = 5", 5)]
    [InlineData("UPDATE \"Audit\" SET \"Sequence\" = 6 WHERE \"Sequence\" = 5", 5)]
    [InlineData("DELETE FROM \"Settings\"", null)]
    public async Task A_tampered_log_is_found_out_on_both_databases(string statement, int? broken)
    {
        foreach (var database in await DatabasesAsync())
        {
            await AppendAsync(database, "a", "b", "c", "d", "e");
            var verifier = new AuditVerifier(database);
            Assert.Null(await verifier.FindBreakAsync(Cancelled));

            await database.WriteAsync(
                (context, token) => context.Database.ExecuteSqlRawAsync(statement, token),
                Cancelled);

            Assert.Equal(broken, await verifier.FindBreakAsync(Cancelled));
        }
    }

    [Fact]
    public async Task Parallel_writers_keep_the_chain_whole()
    {
        foreach (var database in await DatabasesAsync())
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(number => AppendAsync(database, $"{number}")));

            Assert.Null(await new AuditVerifier(database).FindBreakAsync(Cancelled));
            Assert.Equal(20, await database.ReadAsync((context, token) => context.Audit.CountAsync(token), Cancelled));
        }
    }

    private static async Task AppendAsync(Database database, params string[] objects)
    {
        var audit = new AuditLog(TimeProvider.System);
        foreach (var name in objects)
        {
            await database.WriteAsync((context, _) =>
            {
                audit.Append(context, Caller.System, "test.append", name);
                return Task.CompletedTask;
            }, Cancelled);
        }
    }

    private async Task<IReadOnlyList<Database>> DatabasesAsync()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-audit-").FullName;
        IReadOnlyList<Database> databases =
        [
            new SqliteDatabase(Path.Combine(folder, "slipway.db")),
            new PostgresDatabase(await postgres.CreateDatabaseAsync(Cancelled)),
        ];
        foreach (var database in databases)
        {
            await database.MigrateAsync(Cancelled);
        }

        return databases;
    }
}
