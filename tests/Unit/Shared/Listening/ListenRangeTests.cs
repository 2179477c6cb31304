using Slipway.Shared.Listening;

namespace Tests.Unit.Shared.Listening;

public class ListenRangeTests
{
    [Theory]
    [InlineData("8080", "8080")]
    [InlineData("8080-8082", "8080 8081 8082")]
    [InlineData("8090,8080-8081", "8090 8080 8081")]
    [InlineData("127.0.0.1:80,443", "127.0.0.1:80 127.0.0.1:443")]
    [InlineData("udp:[::1]:53-54", "udp:[::1]:53 udp:[::1]:54")]
    [InlineData("udp:53,5353", "udp:53 udp:5353")]
    [InlineData("9-9", "9")]
    [InlineData("unix:/run/a-b,c.sock", "unix:/run/a-b,c.sock")]
    [InlineData("nonsense", "nonsense")]
    [InlineData("8082-8080", "")]
    [InlineData("8080-", "")]
    [InlineData("-8080", "")]
    [InlineData("8080,", "")]
    [InlineData("1-2-3", "")]
    [InlineData("0-3", "")]
    [InlineData("1-65536", "")]
    [InlineData("1-65535", "")]
    [InlineData("8080- 8081", "")]
    [InlineData("+80-+81", "")]
    public void A_range_or_a_list_stands_for_each_of_its_ports(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', ListenRange.Expand(text)));
}
