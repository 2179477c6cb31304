using System.Data;
using System.Data.Common;
using Grpc.Core;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Storage;

/// <summary>The only way to the tables: one snapshot for a read, one transaction for a write.</summary>
internal abstract class Database
{
    /// <summary>Reads from one consistent snapshot, without tracking what was read.</summary>
    public async Task<T> ReadAsync<T>(
        Func<SlipwayContext, CancellationToken, Task<T>> read,
        CancellationToken cancellationToken)
    {
        await using var context = Open();
        context.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTrackingWithIdentityResolution;
        await context.Database.OpenConnectionAsync(cancellationToken);
        await using var snapshot = BeginSnapshot(context.Database.GetDbConnection());
        await context.Database.UseTransactionAsync(snapshot, cancellationToken);
        return await read(context, cancellationToken);
    }

    /// <summary>Saves and commits what <paramref name="write"/> changed, or nothing of it.</summary>
    /// <remarks>It can run again after a deadlock, so it changes nothing but the context.</remarks>
    /// <exception cref="ProblemException">VERSION_MOVED: somebody else changed the same row in between.</exception>
    public abstract Task<T> WriteAsync<T>(
        Func<SlipwayContext, CancellationToken, Task<T>> write,
        CancellationToken cancellationToken);

    /// <summary>As the other one, for a write without an answer.</summary>
    public Task WriteAsync(Func<SlipwayContext, CancellationToken, Task> write, CancellationToken cancellationToken) =>
        WriteAsync(
            async (context, token) =>
            {
                await write(context, token);
                return true;
            },
            cancellationToken);

    /// <summary>Brings the tables to this version of the program.</summary>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var context = Open();
        await CheckServerAsync(context, cancellationToken);
        await context.Database.MigrateAsync(cancellationToken);
    }

    protected abstract SlipwayContext Open();

    protected abstract Task CheckServerAsync(SlipwayContext context, CancellationToken cancellationToken);

    protected abstract DbTransaction BeginSnapshot(DbConnection connection);

    protected async Task<T> CommitAsync<T>(
        Func<SlipwayContext, CancellationToken, Task<T>> write,
        CancellationToken cancellationToken)
    {
        await using var context = Open();
        try
        {
            await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
            var answer = await write(context, cancellationToken);
            await context.FinishAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return answer;
        }
        catch (DbUpdateException exception) when (exception is DbUpdateConcurrencyException || IsDuplicate(exception))
        {
            throw new ProblemException(
                new Problem(StatusCode.Aborted, "VERSION_MOVED", "Somebody else changed it meanwhile: read it again."),
                exception);
        }
    }

    // Two transactions made the same row: the second one decided on what is no longer so.
    private static bool IsDuplicate(DbUpdateException exception) => exception.InnerException switch
    {
        SqliteException sqlite => sqlite.SqliteExtendedErrorCode is 1555 or 2067,
        PostgresException postgres => postgres.SqlState == PostgresErrorCodes.UniqueViolation,
        _ => false,
    };
}

/// <summary>One file and one writer at a time.</summary>
internal sealed class SqliteDatabase(string path) : Database, IDisposable
{
    private readonly SemaphoreSlim _writer = new(1, 1);

    private readonly DbContextOptions<SqliteSlipwayContext> _options =
        new DbContextOptionsBuilder<SqliteSlipwayContext>()
            .UseSqlite(ConnectionStringOf(path))
            .AddInterceptors(new SqliteDurability())
            .Options;

    public override async Task<T> WriteAsync<T>(
        Func<SlipwayContext, CancellationToken, Task<T>> write,
        CancellationToken cancellationToken)
    {
        await _writer.WaitAsync(cancellationToken);
        try
        {
            return await CommitAsync(write, cancellationToken);
        }
        finally
        {
            _writer.Release();
        }
    }

    public void Dispose() => _writer.Dispose();

    protected override SqliteSlipwayContext Open() => new(_options);

    protected override Task CheckServerAsync(SlipwayContext context, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    protected override SqliteTransaction BeginSnapshot(DbConnection connection) =>
        ((SqliteConnection)connection).BeginTransaction(deferred: true);

    private static string ConnectionStringOf(string path) =>
        new SqliteConnectionStringBuilder { DataSource = path, ForeignKeys = true, DefaultTimeout = 30 }.ToString();
}

/// <summary>A server that any number of control planes share.</summary>
internal sealed class PostgresDatabase(string connectionString) : Database
{
    private const int OldestServer = 150000;
    private const int Attempts = 5;

    private readonly DbContextOptions<PostgresSlipwayContext> _options =
        new DbContextOptionsBuilder<PostgresSlipwayContext>().UseNpgsql(connectionString).Options;

    public override async Task<T> WriteAsync<T>(
        Func<SlipwayContext, CancellationToken, Task<T>> write,
        CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await CommitAsync(write, cancellationToken);
            }
            catch (Exception exception) when (attempt < Attempts && IsDeadlock(exception))
            {
                // The server has ended this transaction so that the other one could go on.
            }
        }
    }

    protected override PostgresSlipwayContext Open() => new(_options);

    protected override async Task CheckServerAsync(SlipwayContext context, CancellationToken cancellationToken)
    {
        var number = await context.Database.SqlQuery<string>($"SHOW server_version_num").ToListAsync(cancellationToken);
        if (int.Parse(number[0], provider: null) < OldestServer)
        {
            throw new InvalidOperationException(
                $"The PostgreSQL server is too old ({number[0]}): Slipway needs version 15 or newer.");
        }
    }

    protected override DbTransaction BeginSnapshot(DbConnection connection) =>
        connection.BeginTransaction(IsolationLevel.RepeatableRead);

    private static bool IsDeadlock(Exception exception) =>
        exception.GetBaseException() is PostgresException
        {
            SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure,
        };
}
