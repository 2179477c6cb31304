using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Tests.Integration.Kit;

/// <summary>A Redis of its own for a test, or the one that SLIPWAY_TEST_REDIS names.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private Process? _process;

    private RedisServer(string configuration)
    {
        Configuration = configuration;
    }

    public string Configuration { get; }

    public static RedisServer Start()
    {
        if (Environment.GetEnvironmentVariable("SLIPWAY_TEST_REDIS") is { Length: > 0 } given)
        {
            return new RedisServer(given);
        }

        return StartOwn();
    }

    /// <summary>One that the test can stop.</summary>
    public static RedisServer StartOwn()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var server = new RedisServer($"127.0.0.1:{port}");
        server.StartAgain();
        return server;
    }

    public void StartAgain()
    {
        var port = Configuration.Split(':')[1];
        var start = new ProcessStartInfo("redis-server") { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in (string[])["--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", "/tmp"])
        {
            start.ArgumentList.Add(argument);
        }

        // A client that comes before it serves connects twice, and hears twice that it has to look again.
        var process = Process.Start(start)!;
        using var isReady = new ManualResetEventSlim();
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.Contains("Ready to accept connections", StringComparison.Ordinal) == true)
            {
                isReady.Set();
            }
        };
        process.BeginOutputReadLine();
        Assert.True(isReady.Wait(TimeSpan.FromSeconds(60)), "redis-server does not serve.");
        _process = process;
    }

    /// <summary>Kills it; what it had is gone.</summary>
    public async Task StopAsync()
    {
        await DisposeAsync();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
    }
}
