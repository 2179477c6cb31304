using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Tests.Integration.Kit;

/// <summary>One PostgreSQL server for the test run: that of SLIPWAY_TEST_POSTGRES, or a throwaway one.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private const string Binaries = "/usr/lib/postgresql/15/bin";

    private readonly string _folder = $"/tmp/slipway-pg-{Guid.CreateVersion7():N}";
    private string _connectionString = Environment.GetEnvironmentVariable("SLIPWAY_TEST_POSTGRES") ?? "";
    private bool _isOurs;

    public async ValueTask InitializeAsync()
    {
        if (_connectionString.Length > 0)
        {
            return;
        }

        _isOurs = true;
        var port = FreePort();
        await RunAsync("install", ["-d", "-o", "postgres", "-m", "700", _folder]);
        await AsPostgresAsync("initdb", ["-D", $"{_folder}/data", "-U", "slipway", "--auth=trust", "-E", "UTF8", "-N"]);
        await AsPostgresAsync("pg_ctl",
        [
            "-D", $"{_folder}/data", "-w", "-l", $"{_folder}/log",
            "-o", $"-p {port} -h 127.0.0.1 -k {_folder} -F", "start",
        ]);
        _connectionString = $"Host=127.0.0.1;Port={port};Username=slipway;Database=postgres";
    }

    /// <summary>Makes an empty database and gives its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        var name = $"slipway_{Guid.CreateVersion7():N}";
        await using var connection = new NpgsqlConnection(_connectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"CREATE DATABASE {name}";
        await command.ExecuteNonQueryAsync(cancellationToken);
        return new NpgsqlConnectionStringBuilder(_connectionString)
        {
            Database = name,
            Pooling = false,
        }.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        if (_isOurs)
        {
            await AsPostgresAsync("pg_ctl", ["-D", $"{_folder}/data", "-w", "-m", "immediate", "stop"]);
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    // PostgreSQL refuses to run as root.
    private static Task AsPostgresAsync(string program, string[] arguments) => Environment.IsPrivilegedProcess
        ? RunAsync("runuser", ["-u", "postgres", "--", $"{Binaries}/{program}", .. arguments])
        : RunAsync($"{Binaries}/{program}", arguments);

    private static async Task RunAsync(string program, string[] arguments)
    {
        // Output to /dev/null: the server would keep a pipe of ours open for as long as it runs.
        using var process = Process.Start(new ProcessStartInfo("/bin/sh",
            ["-c", "exec \"$@\" >/dev/null 2>&1 </dev/null", "sh", program, .. arguments])
        {
            WorkingDirectory = "/tmp",
        })!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}.");
    }
}
