using System.CommandLine.Parsing;
using System.Globalization;
using Slipway.Deployctl.Connections;
using Slipway.Shared.Manifests;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Invocations;

/// <summary>Reads option values that the command line's parser does not know.</summary>
/// <remarks>They add an error and never throw: that would end the program with a stack trace.</remarks>
internal static class Values
{
    public static Uri? Address(ArgumentResult argument)
    {
        try
        {
            return ServerAccess.ParseAddress(argument.Tokens[0].Value, NameOf(argument));
        }
        catch (ProblemException refused)
        {
            argument.AddError(refused.Message);
            return null;
        }
    }

    public static TimeSpan? Duration(ArgumentResult argument)
    {
        if (DurationText.TryParse(argument.Tokens[0].Value, out var duration) && duration > TimeSpan.Zero)
        {
            return duration;
        }

        argument.AddError($"{NameOf(argument)}: '{argument.Tokens[0].Value}' is no duration; {DurationText.Hint}");
        return null;
    }

    /// <summary>A number of rows, from 1 to 10,000.</summary>
    public static int Limit(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && limit is >= 1 and <= 10_000)
        {
            return limit;
        }

        argument.AddError($"{NameOf(argument)}: '{text}' is no number from 1 to 10000");
        return 0;
    }

    /// <summary>Pairs such as <c>env=production</c>.</summary>
    public static IReadOnlyDictionary<string, string>? Labels(ArgumentResult argument)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var token in argument.Tokens)
        {
            var (key, value) = token.Value.Split('=', 2) is [{ Length: > 0 } k, var v] ? (k, v) : (null, "");
            if (key is null)
            {
                argument.AddError($"{NameOf(argument)}: '{token.Value}' is no label; write KEY=VALUE");
                return null;
            }

            if (!labels.TryAdd(key, value))
            {
                argument.AddError($"{NameOf(argument)}: '{key}' is given twice");
                return null;
            }
        }

        return labels;
    }

    private static string NameOf(ArgumentResult argument) =>
        argument.Parent is OptionResult option ? option.Option.Name : argument.Argument.Name;
}
