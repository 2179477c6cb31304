using System.Net;
using System.Text;
using Slipway.Agent.Probes;

namespace Tests.Unit.Agent.Probes;

public class ProbeTextTests
{
    private const string Table =
        """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1111 1 0
           1: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 2222 1 0
           2: 0100007F:C001 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 3333 1 0
           3: 0100007F:1F90 0100007F:C002 03 00000000:00000000 00:00000000 00000000     0        0 0 1 0
        """;

    private const string Table6 =
        "  0: 00000000000000000000000001000000:1F90 00000000000000000000000001000000:C001 01 0:0 00:0 0 0 0 4444 1 0\n";

    private static readonly IPEndPoint Server = IPEndPoint.Parse("127.0.0.1:8080");

    [Fact]
    public void The_servers_end_of_a_connection_is_found()
    {
        var table = new TcpTable(Table);

        Assert.Equal(new TcpEntry(IsHeldBack: false, 2222), table.Find(Server, IPEndPoint.Parse("127.0.0.1:49153")));
        Assert.Equal(new TcpEntry(IsHeldBack: true, 0), table.Find(Server, IPEndPoint.Parse("127.0.0.1:49154")));
        Assert.Null(table.Find(Server, IPEndPoint.Parse("127.0.0.1:49155")));
        Assert.Equal(
            4444,
            new TcpTable(Table6).Find(IPEndPoint.Parse("[::1]:8080"), IPEndPoint.Parse("[::1]:49153"))?.Inode);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", 200, false)]
    [InlineData("HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 503, true)]
    [InlineData("HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", 503, false)]
    [InlineData("HTTP/1.0 204 No Content\r\n\r\n", 204, true)]
    [InlineData("HTTP/1.1 2", null, false)]
    [InlineData("HTT", null, false)]
    [InlineData("SSH-2.0-OpenSSH", null, true)]
    [InlineData("HTTP/1.1 abc\r\n", null, true)]
    public void An_answer_is_complete_when_its_head_says_so(string text, int? status, bool isComplete)
    {
        var whole = new HttpAnswer();
        var inPieces = new HttpAnswer();

        whole.Append(Encoding.Latin1.GetBytes(text));
        foreach (var letter in Encoding.Latin1.GetBytes(text))
        {
            inPieces.Append([letter]);
        }

        Assert.Equal((status, isComplete), (whole.Status, whole.IsComplete));
        Assert.Equal((status, isComplete), (inPieces.Status, inPieces.IsComplete));
    }
}
