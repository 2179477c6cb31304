using System.Globalization;
using System.Text;

namespace Slipway.Shared.Logs;

/// <summary>Makes a program's words safe to show: they must neither move a reader's cursor nor hide anything.</summary>
public static class SafeText
{
    /// <summary>The text; what is not shown as itself is written as <c>\x1b</c> or <c>\u202e</c>.</summary>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);

        if (!text.Any(IsUnsafe))
        {
            return text;
        }

        var safe = new StringBuilder(text.Length + 16);
        foreach (var letter in text)
        {
            if (!IsUnsafe(letter))
            {
                safe.Append(letter);
            }
            else if (letter <= '\xff')
            {
                safe.Append(CultureInfo.InvariantCulture, $"\\x{(int)letter:x2}");
            }
            else
            {
                safe.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}");
            }
        }

        return safe.ToString();
    }

    /// <summary>Whether it is not shown as itself.</summary>
    public static bool IsUnsafe(char letter) => letter switch
    {
        '\t' => false,
        '\u2028' or '\u2029' => true,
        '\u061c' or '\u200e' or '\u200f' => true, // These and the next turn the writing around.
        (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') => true,
        _ => char.IsControl(letter),
    };
}
