using System.Globalization;
using System.Net.Sockets;
using Slipway.Agent.Native;
using ProcessTable = Tests.Kit.Programs.ProcessTable;

namespace Tests.Integration.Agent.Starter;

/// <summary>Sockets are where they were promised to be, and nobody else's are touched.</summary>
public sealed class SocketTests
{
    [Theory(Timeout = 180_000)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_socket_at_a_chosen_descriptor_takes_no_other_ones_place(int chosen)
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Start("--interval=0.2", "--port=127.0.0.1:0", $"--port=127.0.0.1:0={chosen}", "--port=127.0.0.1:0");
        await server.ServingAsync(1);

        var note = await server.NoteAsync(1);
        var port = note.Split('\n').First(line => line.StartsWith("SERVER_STARTER_PORT=", StringComparison.Ordinal));
        var descriptors = port.Split('=', 2)[1].Split(';')
            .Select(entry => int.Parse(entry.Split('=')[1], CultureInfo.InvariantCulture)).ToList();
        var pid = note.Trim().Split("PID=")[^1];
        var sockets = descriptors
            .Select(number => File.ResolveLinkTarget($"/proc/{pid}/fd/{number}", returnFinalTarget: false)!.Name);

        Assert.Equal(chosen, descriptors[1]);
        Assert.Equal(3, sockets.Distinct().Count(name => name.StartsWith("socket:", StringComparison.Ordinal)));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_file_that_is_no_socket_is_not_removed()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        var path = server.Add("precious", "content");

        var result = await server.RunAsync($"--path={path}", "--", server.In("worker"));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(path, result.Error, StringComparison.Ordinal);
        Assert.Equal("content", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_socket_that_another_has_put_in_its_place_is_left_at_the_end()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        var path = server.In("web.sock");
        server.Start("--interval=0.2", $"--path={path}");
        await server.ServingAsync(1);

        File.Delete(path);
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(path));
        server.Signal(Libc.SignalTerminate);

        Assert.Equal(0, await server.ExitAsync());
        Assert.True(File.Exists(path));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_socket_that_was_left_behind_is_replaced()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        var path = server.In("web.sock");
        server.Start("--interval=0.2", $"--path={path}");
        await server.ServingAsync(1);
        server.Signal(Libc.SignalKill, server.Pid);
        await server.UntilAsync(() => !ProcessTable.IsAlive(server.Pid), () => "it lives");

        server.Start("--interval=0.2", $"--path={path}");
        await server.LineAsync($"removing existing socket file:{path}");
        await server.LineAsync("starting new worker");

        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(path), TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 180_000)]
    public async Task Output_can_go_to_a_command()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Start("--interval=0.2", $"--log-file=| cat > '{server.In("log")}'");
        await server.ServingAsync(1);

        server.Signal(Libc.SignalTerminate);
        await server.ExitAsync();
        await server.UntilAsync(
            () => File.ReadAllText(server.In("log")).EndsWith("exiting\n", StringComparison.Ordinal),
            () => File.ReadAllText(server.In("log")));

        Assert.Contains("starting new worker", await File.ReadAllTextAsync(
            server.In("log"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
