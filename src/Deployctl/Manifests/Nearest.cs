namespace Slipway.Deployctl.Manifests;

/// <summary>Guesses what a misspelt name was meant to be.</summary>
internal static class Nearest
{
    /// <summary>The known name with the fewest edits, unless even that one is far off.</summary>
    public static string? Of(string name, IEnumerable<string> known)
    {
        var (nearest, distance) = known
            .Select(candidate => (candidate, Distance(name.ToLowerInvariant(), candidate.ToLowerInvariant())))
            .DefaultIfEmpty(("", int.MaxValue))
            .MinBy(pair => pair.Item2);
        return distance <= Math.Max(1, Math.Min(name.Length, nearest.Length) / 3) ? nearest : null;
    }

    private static int Distance(string left, string right)
    {
        var previous = Enumerable.Range(0, right.Length + 1).ToArray();
        foreach (var (row, letter) in left.Index())
        {
            var current = new int[right.Length + 1];
            current[0] = row + 1;
            for (var column = 1; column <= right.Length; column++)
            {
                var substitution = previous[column - 1] + (letter == right[column - 1] ? 0 : 1);
                current[column] = Math.Min(substitution, Math.Min(previous[column], current[column - 1]) + 1);
            }

            previous = current;
        }

        return previous[^1];
    }
}
