using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Slipway.Shared.Versioning;

/// <summary>
/// Which versions are wanted: <c>&gt;=1.4 &lt;2</c>, <c>^1.2</c>, <c>~1.2.3</c>, <c>1.x</c>. <c>||</c> means or.
/// </summary>
/// <remarks>
/// The operators mean what they mean in npm and Cargo. Order is precedence alone: a pre-release lies below its release,
/// so <c>&gt;=1.4</c> does not take 1.4.0-rc.1; and an end that is excluded excludes its own pre-releases too.
/// </remarks>
public sealed class VersionConstraint
{
    public const int MaxLength = 256;

    /// <summary>Takes every version.</summary>
    public static readonly VersionConstraint All = new("", [[new(VersionRange.All, IsExclusion: false)]]);

    private static readonly SearchValues<char> OperatorCharacters = SearchValues.Create("<>=!~^");

    private readonly string _text;
    private readonly Term[][] _alternatives;

    private VersionConstraint(string text, Term[][] alternatives)
    {
        _text = text;
        _alternatives = alternatives;
    }

    /// <param name="text">The constraint; empty takes every version.</param>
    /// <param name="constraint">What was read.</param>
    /// <param name="error">What is wrong with it and what would be right.</param>
    public static bool TryParse(
        string? text,
        [NotNullWhen(true)] out VersionConstraint? constraint,
        [NotNullWhen(false)] out string? error)
    {
        try
        {
            constraint = Parse(text ?? "");
            error = null;
            return true;
        }
        catch (FormatException problem)
        {
            constraint = null;
            error = problem.Message;
            return false;
        }
    }

    /// <exception cref="FormatException">It is not a constraint; the message says what would be right.</exception>
    public static VersionConstraint Parse(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return All;
        }

        return text.Length <= MaxLength
            ? new(text.Trim(), [.. text.Split("||").Select(ParseAlternative)])
            : throw new FormatException($"a constraint is at most {MaxLength} characters long");
    }

    public bool Accepts(SemanticVersion version) =>
        Array.Exists(_alternatives, terms => Array.TrueForAll(terms, term => term.Accepts(version)));

    public override string ToString() => _text;

    private static Term[] ParseAlternative(string text)
    {
        var words = text.Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries);
        var terms = new List<Term>(words.Length);
        for (var at = 0; at < words.Length; at++)
        {
            // An operator may stand apart from its version: `>= 1.4`.
            var isOperatorAlone = !words[at].AsSpan().ContainsAnyExcept(OperatorCharacters) && at + 1 < words.Length;
            terms.Add(ParseTerm(isOperatorAlone ? words[at] + words[++at] : words[at]));
        }

        return terms.Count > 0
            ? [.. terms]
            : throw new FormatException("there is nothing beside '||'; write something such as '>=1.4 <2 || ^3.1'");
    }

    private static Term ParseTerm(string word)
    {
        var length = word.AsSpan().IndexOfAnyExcept(OperatorCharacters);
        var comparison = length < 0 ? word : word[..length];
        if (comparison is not ("" or "=" or "==" or "!=" or "<" or "<=" or ">" or ">=" or "~" or "^"))
        {
            throw new FormatException($"'{comparison}' is no operator; use one of = != < <= > >= ~ ^");
        }

        return PartialVersion.TryParse(word[comparison.Length..], out var version)
            ? TermOf(comparison, version)
            : throw new FormatException($"'{word}' names no version; write it as 1, 1.4, 1.4.2, 1.x or 1.4.2-rc.1");
    }

    private static Term TermOf(string comparison, PartialVersion version)
    {
        var range = comparison switch
        {
            ">=" => VersionRange.AtLeast(version.Lowest),
            ">" when version.IsWhole => VersionRange.After(version.Lowest),
            ">" => version.Next(version.Given) is { } next ? VersionRange.AtLeast(next) : VersionRange.None,
            "<" => VersionRange.Before(version.Lowest),
            "<=" when version.IsWhole => VersionRange.AtMost(version.Lowest),
            "<=" => VersionRange.Before(version.Next(version.Given)),
            "~" => VersionRange.Between(version.Lowest, version.Next(Math.Min(version.Given, 2))),
            "^" => VersionRange.Between(version.Lowest, version.Next(FirstThatMatters(version))),
            _ when version.IsWhole => VersionRange.Exactly(version.Lowest),
            _ => VersionRange.Between(version.Lowest, version.Next(version.Given)),
        };

        return new(range, IsExclusion: comparison == "!=");
    }

    // A caret lets everything change to the right of the first number that is not zero, or of the last one written.
    private static int FirstThatMatters(PartialVersion version) => version.Lowest switch
    {
        { Major: > 0 } => Math.Min(version.Given, 1),
        { Minor: > 0 } => 2,
        _ => version.Given,
    };

    private sealed record Term(VersionRange Range, bool IsExclusion)
    {
        public bool Accepts(SemanticVersion version) => Range.Contains(version) != IsExclusion;
    }
}
