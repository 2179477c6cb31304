using Slipway.Agent.Logs;

namespace Tests.Unit.Agent.Logs;

public class LogCursorTests
{
    [Fact]
    public void A_cursor_reads_back_what_it_writes()
    {
        var cursor = new LogCursor(0x68A1B2C3, 1_234_567);

        Assert.Equal("68a1b2c3-1234567", cursor.ToString());
        Assert.Equal(cursor, LogCursor.Parse(cursor.ToString()));
        Assert.Equal(cursor, LogCursor.Parse("68a1b2c3-000000001234567"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("68a1b2c3")]
    [InlineData("68a1b2c3-")]
    [InlineData("68a1b2c3--1")]
    [InlineData("68a1b2cx-1")]
    [InlineData("../../../-1")]
    public void What_is_no_cursor_is_not_taken_for_one(string text) => Assert.Null(LogCursor.Parse(text));

    [Fact]
    public void A_log_begun_later_comes_later()
    {
        Assert.True(new LogCursor(2, 1).IsAfter(new LogCursor(1, 100)));
        Assert.True(new LogCursor(1, 100).IsAfter(new LogCursor(1, 99)));
        Assert.False(new LogCursor(1, 100).IsAfter(new LogCursor(1, 100)));
    }
}
