using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Hosting;

/// <summary>Page sizes, and page tokens that say after which row the next page begins.</summary>
internal static class Paging
{
    private const int DefaultSize = 50;
    private const int LargestSize = 500;

    /// <summary>The rows of a page: 50 unless asked for, at most 500.</summary>
    public static int Size(int asked) => asked switch
    {
        < 0 => throw new ProblemException(Problem.InvalidField("page_size", "must not be negative; 0 is the default.")),
        0 => DefaultSize,
        _ => Math.Min(asked, LargestSize),
    };

    public static string Token(params string[] position) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(position));

    /// <summary>What <see cref="Token"/> was given, or null for the first page.</summary>
    public static string[]? Position(string token, int parts)
    {
        if (token.Length == 0)
        {
            return null;
        }

        try
        {
            var position = JsonSerializer.Deserialize<string[]>(Base64Url.DecodeFromChars(token));
            if (position?.Length == parts)
            {
                return position;
            }
        }
        catch (Exception exception) when (exception is FormatException or JsonException or DecoderFallbackException)
        {
            // Said below, as for a token of another list.
        }

        throw new ProblemException(Problem.InvalidField(
            "page_token",
            "is not one that this list gave; pass next_page_token unchanged, or leave it empty."));
    }
}
