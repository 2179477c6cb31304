using System.Globalization;

namespace Tests.Benchmarks.Soak;

/// <summary>How long it goes on.</summary>
internal sealed record SoakOptions
{
    public int Restarts { get; init; } = 1000;

    /// <summary>Nothing is begun after it, however many restarts there were.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Null: these are no options.</summary>
    public static SoakOptions? Parse(string[] arguments)
    {
        var options = new SoakOptions();
        foreach (var option in arguments.Chunk(2))
        {
            var number = option is [_, var text]
                && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 0;
            switch (option[0])
            {
                case "--restarts" when number >= 100:
                    options = options with { Restarts = number };
                    break;
                case "--minutes" when number > 0:
                    options = options with { Limit = TimeSpan.FromMinutes(number) };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}
