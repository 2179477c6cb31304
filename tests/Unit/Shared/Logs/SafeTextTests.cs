using Slipway.Shared.Logs;

namespace Tests.Unit.Shared.Logs;

public class SafeTextTests
{
    [Theory]
    [InlineData("plain words, ünïcödé, 日本語 and 🚢\tafter a tab")]
    [InlineData("")]
    public void What_is_shown_as_itself_stays(string text) => Assert.Equal(text, SafeText.Of(text));

    [Theory]
    [InlineData("\e[2J\e]0;title\a", @"\x1b[2J\x1b]0;title\x07")]
    [InlineData("half\rwhole", @"half\x0dwhole")]
    [InlineData("two\nlines", @"two\x0alines")]
    [InlineData("\u009b31m", @"\x9b31m")]
    [InlineData("a\u202etxt.exe", @"a\u202etxt.exe")]
    [InlineData("a\u2028b\u200fc", @"a\u2028b\u200fc")]
    [InlineData("\0\u007f", @"\x00\x7f")]
    public void What_moves_the_cursor_or_hides_something_is_written_out(string text, string expected) =>
        Assert.Equal(expected, SafeText.Of(text));
}
