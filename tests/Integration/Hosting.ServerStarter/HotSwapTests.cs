using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Slipway.Hosting.ServerStarter;
using Tests.Integration.Hosting.ServerStarter.Native;
using Tests.Kit.Load;

namespace Tests.Integration.Hosting.ServerStarter;

public sealed class HotSwapTests : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly TaskCompletionSource _slowBegan = new();
    private readonly TaskCompletionSource _slowMayEnd = new();

    public HotSwapTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    private IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    public void Dispose() => _listener.Dispose();

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ten_swaps_under_load_fail_no_request(bool keepAlive)
    {
        await using var load = LoadGenerator.Start(new LoadOptions(Address) { KeepAlive = keepAlive });
        var current = await StartAsync("v0");
        await load.AnsweredAsync("v0", TestContext.Current.CancellationToken);

        for (var generation = 1; generation <= 10; generation++)
        {
            var next = await StartAsync($"v{generation}");
            await current.StopAsync(TestContext.Current.CancellationToken);
            await current.DisposeAsync();
            await load.AnsweredAsync($"v{generation}", TestContext.Current.CancellationToken);
            current = next;
        }

        var report = await load.StopAsync();
        await current.DisposeAsync();

        Assert.True(report.Failed == 0, report.ToString());
        Assert.Equal(11, report.Answers.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_idle_connection_gets_its_next_answer_and_is_then_closed()
    {
        await using var app = await StartAsync("v0");
        using var connection = await LoadConnection.OpenAsync(Address, TestContext.Current.CancellationToken);
        var first = await connection.AskAsync("/", keepAlive: true, TestContext.Current.CancellationToken);

        var stopping = app.StopAsync(TestContext.Current.CancellationToken);
        var second = await connection.AskAsync("/", keepAlive: true, TestContext.Current.CancellationToken);
        await stopping;

        Assert.True(first.KeepsAlive);
        Assert.Equal("hello v0 from here", second.Body);
        Assert.False(second.KeepsAlive);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_connection_that_stays_idle_does_not_hold_up_the_stop_beyond_the_grace()
    {
        await using var app = await StartAsync("v0");
        using var connection = await LoadConnection.OpenAsync(Address, TestContext.Current.CancellationToken);
        await connection.AskAsync("/", keepAlive: true, TestContext.Current.CancellationToken);

        var before = TimeProvider.System.GetTimestamp();
        await app.StopAsync(TestContext.Current.CancellationToken);
        var took = TimeProvider.System.GetElapsedTime(before);

        Assert.InRange(took, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(10));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_request_under_way_is_finished_after_the_stop()
    {
        await using var app = await StartAsync("v0");
        using var connection = await LoadConnection.OpenAsync(Address, TestContext.Current.CancellationToken);
        var asking = connection.AskAsync("/slow", keepAlive: true, TestContext.Current.CancellationToken);
        await _slowBegan.Task.WaitAsync(TestContext.Current.CancellationToken);

        var stopping = app.StopAsync(TestContext.Current.CancellationToken);
        _slowMayEnd.SetResult();
        var answer = await asking;
        await stopping;

        Assert.Equal("slow v0 from here", answer.Body);
        Assert.False(answer.KeepsAlive);
    }

    [Fact(Timeout = 60_000)]
    public async Task Ten_swaps_under_load_fail_no_request_over_http2()
    {
        using var client = new HttpClient
        {
            BaseAddress = new Uri($"http://{Address}"),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        Task<string> Ask() => client.GetStringAsync(client.BaseAddress, TestContext.Current.CancellationToken);
        var current = await StartAsync("v0", HttpProtocols.Http2);
        for (var generation = 1; generation <= 10; generation++)
        {
            var next = await StartAsync($"v{generation}", HttpProtocols.Http2);
            var stopping = current.StopAsync(TestContext.Current.CancellationToken);
            do
            {
                await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Ask()));
            }
            while (!stopping.IsCompleted);

            await stopping;
            await current.DisposeAsync();
            current = next;
        }

        Assert.Equal("hello v10 from here", await Ask());
        await current.DisposeAsync();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_starter_is_told_that_the_application_serves_and_that_it_stops(bool isAbstract)
    {
        var name = Path.Join(Path.GetTempPath(), $"slipway-{Guid.NewGuid():N}");
        using var notify = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        notify.Bind(new UnixDomainSocketEndPoint(isAbstract ? "\0" + name : name));

        var app = await StartAsync("v0", notifySocket: isAbstract ? "@" + name : name);
        var started = await ReceiveAsync(notify);
        await app.StopAsync(TestContext.Current.CancellationToken);
        var stopping = await ReceiveAsync(notify);
        await app.DisposeAsync();

        Assert.Equal("READY=1", started);
        Assert.Equal("STOPPING=1", stopping);
    }

    [Fact]
    public void A_descriptor_that_is_no_listening_socket_is_named()
    {
        using var file = File.OpenHandle("/dev/null");
        var descriptor = (int)file.DangerousGetHandle();
        var starter = new StarterEnvironment([new InheritedSocket("8080", descriptor)], NotifySocket: null);
        var builder = WebApplication.CreateSlimBuilder();

        var error = Assert.Throws<InvalidOperationException>(
            () => builder.WebHost.UseServerStarter(new ServerStarterOptions(), starter));

        Assert.Contains($"'8080' is descriptor {descriptor}", error.Message, StringComparison.Ordinal);
    }

    private async Task<WebApplication> StartAsync(
        string version,
        HttpProtocols protocols = HttpProtocols.Http1,
        string? notifySocket = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var descriptor = Libc.Duplicate((int)_listener.Handle);
        builder.WebHost.UseServerStarter(
            new ServerStarterOptions
            {
                IdleGrace = TimeSpan.FromSeconds(1),
                ConfigureListener = (_, listen) => listen.Protocols = protocols,
            },
            new StarterEnvironment([new InheritedSocket("http", descriptor)], notifySocket));
        var app = builder.Build();
        app.MapGet("/", () => $"hello {version} from here");
        app.MapGet("/slow", async () =>
        {
            _slowBegan.TrySetResult();
            await _slowMayEnd.Task;
            return $"slow {version} from here";
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[64];
        var length = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
        return Encoding.ASCII.GetString(buffer, 0, length);
    }
}
