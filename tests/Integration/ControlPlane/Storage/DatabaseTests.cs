using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;
using Tests.Integration.Kit;

namespace Tests.Integration.ControlPlane.Storage;

/// <summary>What both databases promise.</summary>
public abstract class DatabaseTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_row_reads_back_as_it_was_written()
    {
        var database = await MigratedAsync();
        var id = Guid.CreateVersion7();
        var inParis = Noon.ToOffset(TimeSpan.FromHours(2));

        await database.WriteAsync((context, _) =>
        {
            context.Agents.Add(new AgentRow { Id = id, Name = "web-1", LabelsJson = "{}", EnrolledAt = inParis });
            return Task.CompletedTask;
        }, Cancelled);
        var agent = await database.ReadAsync(
            (context, token) => context.Agents.SingleAsync(row => row.EnrolledAt <= Noon && row.Id == id, token),
            Cancelled);

        Assert.Equal(("web-1", "{}", Noon, 1), (agent.Name, agent.LabelsJson, agent.EnrolledAt, agent.Version));
    }

    [Fact]
    public async Task A_write_that_throws_leaves_nothing_behind()
    {
        var database = await MigratedAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => database.WriteAsync(async (context, token) =>
        {
            context.Applications.Add(new ApplicationRow { Name = "shop" });
            await context.SaveChangesAsync(token);
            throw new InvalidOperationException();
        }, Cancelled));

        var left = await database.ReadAsync((context, token) => context.Applications.CountAsync(token), Cancelled);
        Assert.Equal(0, left);
    }

    [Fact]
    public async Task A_change_of_what_somebody_else_changed_meanwhile_is_refused()
    {
        var database = await MigratedAsync();
        await AddApplicationAsync(database, "shop");
        var stale = await database.ReadAsync((context, token) => context.Applications.SingleAsync(token), Cancelled);
        await database.WriteAsync(
            async (context, token) => (await context.Applications.SingleAsync(token)).Description = "first",
            Cancelled);

        stale.Description = "second";
        var refusal = await Assert.ThrowsAsync<ProblemException>(() => database.WriteAsync((context, _) =>
        {
            context.Update(stale);
            return Task.CompletedTask;
        }, Cancelled));

        Assert.Equal("VERSION_MOVED", refusal.Problem.Reason);
    }

    [Fact]
    public async Task A_second_active_rollout_of_an_environment_is_refused()
    {
        var database = await MigratedAsync();
        await AddRolloutAsync(database, isActive: true);
        await AddRolloutAsync(database, isActive: false);

        var refusal = await Assert.ThrowsAsync<ProblemException>(() => AddRolloutAsync(database, isActive: true));

        Assert.Equal("VERSION_MOVED", refusal.Problem.Reason);
    }

    [Fact]
    public async Task A_read_sees_one_state_though_others_write()
    {
        var database = await MigratedAsync();

        var counts = await database.ReadAsync(async (context, token) =>
        {
            var before = await context.Applications.CountAsync(token);
            await AddApplicationAsync(database, "shop");
            return (before, after: await context.Applications.CountAsync(token));
        }, Cancelled);

        Assert.Equal((0, 0), counts);
    }

    [Fact]
    public async Task Parallel_writers_lose_nothing()
    {
        var database = await MigratedAsync();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(number => database.WriteAsync(async (context, token) =>
        {
            await context.SerializeAsync(1, token);
            var count = await context.Outbox.CountAsync(token);
            context.Outbox.Add(new OutboxRow { Topic = $"{count}", Kind = $"{number}", At = Noon });
        }, Cancelled)));

        var topics = await database.ReadAsync(
            (context, token) => context.Outbox.OrderBy(row => row.Sequence).Select(row => row.Topic).ToListAsync(token),
            Cancelled);
        Assert.Equal(Enumerable.Range(0, 20).Select(number => $"{number}"), topics);
    }

    [Fact]
    public async Task Texts_sort_by_ordinal()
    {
        var database = await MigratedAsync();
        foreach (var name in (string[])["b", "B", "a-1", "a1", "_"])
        {
            await AddApplicationAsync(database, name);
        }

        var names = await database.ReadAsync(
            (context, token) => context.Applications.OrderBy(row => row.Name)
                .Select(row => row.Name).ToListAsync(token),
            Cancelled);

        Assert.Equal(["B", "_", "a-1", "a1", "b"], names);
    }

    [Fact]
    public async Task The_migrations_are_those_of_the_model()
    {
        var database = await MigratedAsync();

        Assert.False(await database.ReadAsync(
            (context, _) => Task.FromResult(context.Database.HasPendingModelChanges()),
            Cancelled));
    }

    internal abstract Task<Database> CreateAsync();

    private static Task AddApplicationAsync(Database database, string name) => database.WriteAsync((context, _) =>
    {
        context.Applications.Add(new ApplicationRow { Name = name });
        return Task.CompletedTask;
    }, Cancelled);

    private static Task AddRolloutAsync(Database database, bool isActive) => database.WriteAsync((context, _) =>
    {
        context.Rollouts.Add(new RolloutRow
        {
            Id = Guid.CreateVersion7(),
            Application = "shop",
            Environment = "production",
            ToVersion = "1.0.0",
            IsActive = isActive,
        });
        return Task.CompletedTask;
    }, Cancelled);

    private async Task<Database> MigratedAsync()
    {
        var database = await CreateAsync();
        await database.MigrateAsync(Cancelled);
        return database;
    }
}

public sealed class SqliteDatabaseTests : DatabaseTests, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("slipway-");

    public void Dispose() => _folder.Delete(recursive: true);

    internal override Task<Database> CreateAsync() =>
        Task.FromResult<Database>(new SqliteDatabase(Path.Combine(_folder.FullName, "slipway.db")));
}

public sealed class PostgresDatabaseTests(PostgresServer server) : DatabaseTests, IClassFixture<PostgresServer>
{
    internal override async Task<Database> CreateAsync() =>
        new PostgresDatabase(await server.CreateDatabaseAsync(TestContext.Current.CancellationToken));
}
