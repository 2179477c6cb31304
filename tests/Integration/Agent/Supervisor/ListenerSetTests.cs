using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;

namespace Tests.Integration.Agent.Supervisor;

/// <summary>The sockets that are not TCP's, and the files that some of them are.</summary>
public sealed class ListenerSetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string SocketPath => _folder.In("web.sock");

    private ListenSpec Web => new("web", "unix:" + SocketPath, 0);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_unix_socket_takes_connections_and_leaves_no_file()
    {
        var listeners = new ListenerSet();
        listeners.Open([Web with { Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite }]);

        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(
            new UnixDomainSocketEndPoint(SocketPath), TestContext.Current.CancellationToken);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SocketPath));
        Assert.Equal([new ListenState("web", $"unix:{SocketPath}")], listeners.State);
        listeners.KeepOnly([]);
        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public void A_socket_of_a_file_may_be_somebody_elses()
    {
        if (Libc.CurrentUser != 0)
        {
            Assert.Skip("Only root gives files away.");
        }

        var listeners = new ListenerSet();
        listeners.Open([Web with { Mode = UnixFileMode.UserRead | UnixFileMode.GroupWrite, Owner = "nobody:daemon" }]);
        var owner = OwnerOf(SocketPath);
        listeners.Open([Web with { Owner = "4711:4712" }]);

        Assert.Equal("nobody:daemon 420", owner);
        Assert.Equal("UNKNOWN:UNKNOWN 420", OwnerOf(SocketPath));
        Assert.Throws<Win32Exception>(() => listeners.Open([Web with { Owner = "nobody:nowhere" }]));
        listeners.KeepOnly([]);
    }

    [Fact]
    public async Task What_somebody_puts_in_the_sockets_place_keeps_its_rights()
    {
        var precious = _folder.In("precious.sock");
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(precious));
        File.SetUnixFileMode(precious, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var wide = Web with { Mode = UnixFileMode.UserRead | UnixFileMode.OtherWrite };
        using var ended = new CancellationTokenSource();
        var swaps = Task.Run(
            () =>
            {
                var link = _folder.In("link");
                while (!ended.IsCancellationRequested)
                {
                    File.CreateSymbolicLink(link, precious);
                    Libc.Rename(link, SocketPath);
                }
            },
            TestContext.Current.CancellationToken);

        for (var i = 0; i < 3000; i++)
        {
            try
            {
                File.Delete(SocketPath);
                var listeners = new ListenerSet();
                listeners.Open([wide]);
                listeners.KeepOnly([]);
            }
            catch (Exception e) when (e is Win32Exception or IOException)
            {
                // The other one was quicker.
            }
        }

        await ended.CancelAsync();
        await swaps;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(precious));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_socket_that_was_left_behind_is_replaced(bool isTold)
    {
        var removed = new List<string>();
        using var old = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        old.Bind(new UnixDomainSocketEndPoint(SocketPath));

        var listeners = new ListenerSet { Removing = isTold ? removed.Add : null };
        listeners.Open([Web]);

        Assert.Equal(isTold ? [SocketPath] : [], removed);
        Assert.True(File.Exists(SocketPath));
        listeners.KeepOnly([]);
    }

    [Theory]
    [InlineData(SocketType.Stream)]
    [InlineData(SocketType.Dgram)]
    public async Task A_socket_that_another_program_uses_stays(SocketType kind)
    {
        using var other = new Socket(AddressFamily.Unix, kind, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(SocketPath));
        if (kind == SocketType.Stream)
        {
            other.Listen();
        }

        var refusal = Assert.Throws<Win32Exception>(() => new ListenerSet().Open([Web]));

        Assert.Equal((98, true), (refusal.NativeErrorCode, File.Exists(SocketPath)));
        Assert.Contains("in use", refusal.Message, StringComparison.Ordinal);
        using var client = new Socket(AddressFamily.Unix, kind, ProtocolType.Unspecified);
        await client.ConnectAsync(
            new UnixDomainSocketEndPoint(SocketPath), TestContext.Current.CancellationToken);
        Assert.True(client.Connected);
    }

    [Fact]
    public void A_file_that_is_no_socket_stays()
    {
        File.WriteAllText(SocketPath, "precious");

        var refusal = Assert.Throws<Win32Exception>(() => new ListenerSet().Open([Web]));

        Assert.Contains("no socket", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(SocketPath));
    }

    [Fact]
    public void A_socket_of_somebody_else_outlives_ours()
    {
        var listeners = new ListenerSet();
        listeners.Open([Web]);
        File.Delete(SocketPath);
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(SocketPath));

        listeners.KeepOnly([]);

        Assert.True(File.Exists(SocketPath));
    }

    [Fact]
    public async Task An_abstract_name_needs_no_file()
    {
        var name = "slipway-test-" + Path.GetFileName(_folder.Path);
        var listeners = new ListenerSet();
        listeners.Open([new("web", "unix:@" + name, 0)]);

        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(
            new UnixDomainSocketEndPoint("\0" + name), TestContext.Current.CancellationToken);

        Assert.True(client.Connected);
        listeners.KeepOnly([]);
    }

    [Theory]
    [InlineData("udp:127.0.0.1")]
    [InlineData("udp:[::1]")]
    public void A_UDP_socket_and_one_of_TCP_can_have_the_same_port(string address)
    {
        var listeners = new ListenerSet();
        // Of those that the kernel gives to nobody: one of its choice may be a connection's in the other protocol.
        var port = 10_000 + (Environment.ProcessId % 20_000);
        ListenSpec datagrams = new("dns", $"{address}:{port}", 0);
        listeners.Open([datagrams]);
        var bound = listeners.AddressOf(datagrams);

        listeners.Open([datagrams, new("tcp", ListenAddress.Bare(bound.ToString()), 0)]);
        var taken = Assert.Throws<Win32Exception>(
            () => new ListenerSet().Open([new("other", bound.ToString(), 0)]));

        Assert.StartsWith("udp:", bound.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, listeners.State.Count);
        Assert.Contains("in use", taken.Message, StringComparison.Ordinal);
        listeners.KeepOnly([]);
    }

    private static string OwnerOf(string path)
    {
        using var stat = Process.Start(
            new ProcessStartInfo("stat", ["-c", "%U:%G %a", path])
            {
                RedirectStandardOutput = true,
                UseShellExecute = false,
            })!;
        return stat.StandardOutput.ReadToEnd().Trim();
    }
}
