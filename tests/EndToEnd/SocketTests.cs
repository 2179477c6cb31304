using System.Net;
using System.Net.Sockets;
using System.Text;
using Tests.Kit.Programs;

namespace Tests.EndToEnd;

/// <summary>Sockets of every kind, from the manifest to the program.</summary>
public sealed class SocketTests : IAsyncDisposable
{
    private const string Agent = "web-1";

    /// <summary>Says on each of its sockets what it found in its environment.</summary>
    private const string Program =
        """
        import os, socket, sys, threading, time
        def serve(number):
            here = socket.socket(fileno=number)
            keys = ["SLIPWAY_VERSION", "SERVER_STARTER_PORT", "LISTEN_FDS", "LISTEN_FDNAMES"]
            words = f"{number} " + " ".join(os.environ.get(key, "-") for key in keys)
            while True:
                if here.type == socket.SOCK_DGRAM:
                    _, sender = here.recvfrom(100)
                    here.sendto(words.encode(), sender)
                else:
                    client, _ = here.accept()
                    with client:
                        try:
                            client.sendall(words.encode())
                            client.shutdown(socket.SHUT_WR)
                            client.recv(1)
                        except OSError:
                            pass
        for number in range(3, 3 + int(os.environ["LISTEN_FDS"])):
            threading.Thread(target=serve, args=(number,), daemon=True).start()
        time.sleep(1000)
        """;

    private readonly Fleet _fleet = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fleet.DisposeAsync();

    [Fact(Timeout = 300_000)]
    public async Task A_program_gets_TCP_UDP_and_UNIX_sockets_by_both_conventions()
    {
        await BeginAsync(TestContext.Current.CancellationToken);
        int[] ports = [Fleet.FreePort(), Fleet.FreePort(), Fleet.FreePort()];
        var path = Path.Join(_fleet.Root, "local.sock");

        await ReleaseAsync(
            $$"""
            command: [/usr/bin/python3, serve.py]
              listen:
                - { name: web, address: "127.0.0.1:{{ports[0]}},{{ports[1]}}" }
                - { name: dns, address: "udp:127.0.0.1:{{ports[2]}}" }
                - { name: local, address: "unix:{{path}}", mode: "600" }
            """);

        var starter = string.Join(';', ports.Select((port, at) => $"127.0.0.1:{port}={3 + at}").Append($"{path}=6"));
        var rest = $"1.0.0 {starter} 4 web:web:dns:local";
        Assert.Equal($"3 {rest}", await ConnectAsync(new IPEndPoint(IPAddress.Loopback, ports[0])));
        Assert.Equal($"4 {rest}", await ConnectAsync(new IPEndPoint(IPAddress.Loopback, ports[1])));
        Assert.Equal($"5 {rest}", await SendAsync(new IPEndPoint(IPAddress.Loopback, ports[2])));
        Assert.Equal($"6 {rest}", await ConnectAsync(new UnixDomainSocketEndPoint(path)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact(Timeout = 300_000)]
    public async Task A_worker_needs_no_socket()
    {
        await BeginAsync(TestContext.Current.CancellationToken);

        await ReleaseAsync("command: [/usr/bin/python3, -c, \"import time; time.sleep(1000)\"]");

        var workload = await _fleet.WorkloadAsync(Agent, "sockets", Cancellation);
        var pid = (int)workload!["observed"]!["pids"]!.AsArray().Single()!;
        var environment = await File.ReadAllTextAsync($"/proc/{pid}/environ", Cancellation);
        Assert.Contains("\0SERVER_STARTER_GENERATION=1\0", environment, StringComparison.Ordinal);
        Assert.DoesNotContain("LISTEN_", environment, StringComparison.Ordinal);
    }

    private static async Task<string> ConnectAsync(EndPoint address)
    {
        using var socket = new Socket(
            address.AddressFamily,
            SocketType.Stream,
            address is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        await socket.ConnectAsync(address, Cancellation);
        using var reader = new StreamReader(new NetworkStream(socket));
        return await reader.ReadToEndAsync(Cancellation);
    }

    private static async Task<string> SendAsync(IPEndPoint address)
    {
        using var client = new UdpClient();
        client.Connect(address);
        await client.SendAsync(new byte[] { 1 }, Cancellation);
        return Encoding.UTF8.GetString((await client.ReceiveAsync(Cancellation)).Buffer);
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        await _fleet.StartControlPlaneAsync(cancellationToken);
        var agent = await _fleet.StartAgentAsync(Agent, cancellationToken);
        await agent.LineAsync("Connected to ", cancellationToken);
    }

    private async Task ReleaseAsync(string server)
    {
        await _fleet.ApplyAsync(
            $$"""
            kind: Application
            name: sockets
            server:
              {{server}}
            ---
            kind: Environment
            application: sockets
            name: production
            selector: { env: production }
            policy: { mode: auto }
            """,
            Cancellation);
        var release = await new ReleaseFolder(Path.Join(_fleet.Root, "release"))
            .AddAsync("serve.py", Program, Cancellation);
        var archive = await release.PackAsync(Path.Join(_fleet.Root, "release.tar.gz"), Cancellation);
        var rollout = await _fleet.PushAsync("sockets", "1.0.0", $"any={archive}", Cancellation);
        (await _fleet.WatchAsync(rollout, Cancellation)).Expect(0);
    }
}
