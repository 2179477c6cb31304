using System.CommandLine;
using System.Globalization;
using Slipway.Shared.Manifests;

namespace Slipway.Deployctl.Invocations;

/// <summary>Options and arguments that several commands have, each time new: a symbol belongs to one command.</summary>
internal static class CommonOptions
{
    public static Option<int> Limit() => new("--limit")
    {
        Description = "How many rows at most.",
        HelpName = "N",
        DefaultValueFactory = _ => 100,
        CustomParser = Values.Limit,
    };

    public static Option<string> Text(string name, string description, string helpName = "NAME") =>
        new(name) { Description = description, HelpName = helpName };

    public static Option<DateTimeOffset?> Moment(string name, string description, TimeProvider time) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = argument =>
        {
            var text = argument.Tokens[0].Value;
            if (DurationText.TryParse(text, out var ago))
            {
                return time.GetUtcNow() - ago;
            }

            const DateTimeStyles Style = DateTimeStyles.AssumeUniversal;
            if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Style, out var moment))
            {
                return moment;
            }

            argument.AddError(
                $"{name}: '{text}' is neither a duration such as 2h nor a time such as 2026-01-31T12:00Z");
            return null;
        },
    };
}
