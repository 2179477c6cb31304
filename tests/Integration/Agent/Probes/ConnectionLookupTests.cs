using System.Net;
using System.Net.Sockets;
using Slipway.Agent.Native;
using Slipway.Agent.Probes;

namespace Tests.Integration.Agent.Probes;

public sealed class ConnectionLookupTests
{
    private const SocketOptionName DeferAccept = (SocketOptionName)9; // TCP_DEFER_ACCEPT

    public static TheoryData<string> Loopbacks => ["127.0.0.1", "::1"];

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Loopbacks))]
    public async Task The_end_of_whoever_accepted_is_found(string address)
    {
        using var listener = Listen(address);
        using var client = await ConnectAsync(listener);
        var (server, remote) = ((IPEndPoint)listener.LocalEndPoint!, (IPEndPoint)client.LocalEndPoint!);
        using var lookup = new ConnectionLookup();

        var waiting = lookup.Find(server, remote);
        var listed = TcpTable.Load(server).Find(server, remote);
        using var accepted = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        var taken = lookup.Find(server, remote);

        Assert.Equal(new TcpEntry(IsHeldBack: false, Inode: 0), waiting);
        Assert.Equal(waiting, listed);
        Assert.Equal(new TcpEntry(IsHeldBack: false, ProcessTable.InodeOf(accepted.SafeHandle)), taken);
        Assert.Equal(taken, TcpTable.Load(server).Find(server, remote));
    }

    [Fact]
    public async Task A_connection_that_waits_for_its_first_byte_is_held_back()
    {
        using var listener = Listen("127.0.0.1");
        listener.SetRawSocketOption((int)SocketOptionLevel.Tcp, (int)DeferAccept, BitConverter.GetBytes(10));
        using var client = await ConnectAsync(listener);
        using var lookup = new ConnectionLookup();

        var entry = lookup.Find((IPEndPoint)listener.LocalEndPoint!, (IPEndPoint)client.LocalEndPoint!);

        Assert.Equal(new TcpEntry(IsHeldBack: true, Inode: 0), entry);
    }

    [Fact]
    public void What_is_not_connected_is_not_found()
    {
        using var listener = Listen("127.0.0.1");
        var server = (IPEndPoint)listener.LocalEndPoint!;
        using var lookup = new ConnectionLookup();

        Assert.Null(lookup.Find(server, new IPEndPoint(IPAddress.Loopback, 1)));
        Assert.Null(lookup.Find(new IPEndPoint(IPAddress.Loopback, 1), server));
    }

    [Fact]
    public async Task A_look_at_who_accepted_leaves_next_to_nothing_on_the_heap()
    {
        using var listener = Listen("127.0.0.1");
        using var client = await ConnectAsync(listener);
        var (server, remote) = ((IPEndPoint)listener.LocalEndPoint!, (IPEndPoint)client.LocalEndPoint!);
        using var lookup = new ConnectionLookup();
        var processes = new ProcessTable();
        var session = ProcessTable.Read(Environment.ProcessId)!.Value.Session;

        // The first look makes room for the lists, and so does one that finds many more processes than those before.
        var allocated = Enumerable.Range(0, 5).Min(_ => Measure());

        Assert.True(Look() > 1, "It must have found this test's sockets.");
        Assert.True(allocated < 1024, $"{allocated} bytes were allocated.");

        long Measure()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Look();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        int Look()
        {
            var found = 0;
            _ = lookup.Find(server, remote);
            foreach (var pid in processes.FamilyOf(session))
            {
                found += processes.SocketsOf(pid).Count;
            }

            return found;
        }
    }

    private static Socket Listen(string address)
    {
        var end = new IPEndPoint(IPAddress.Parse(address), 0);
        var listener = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(end);
        listener.Listen();
        return listener;
    }

    private static async Task<Socket> ConnectAsync(Socket listener)
    {
        var end = (IPEndPoint)listener.LocalEndPoint!;
        var client = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(end, TestContext.Current.CancellationToken);
        return client;
    }
}
