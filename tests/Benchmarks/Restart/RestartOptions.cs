using System.Globalization;

namespace Tests.Benchmarks.Restart;

/// <summary>How much work the measurement is; smaller than the default is for trying it out.</summary>
internal sealed record RestartOptions
{
    public int Restarts { get; init; } = 100;

    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Null: they are none.</summary>
    public static RestartOptions? Parse(string[] arguments)
    {
        var options = new RestartOptions();
        foreach (var pair in arguments.Chunk(2))
        {
            if (pair is not [var name, var text]
                || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || number == 0)
            {
                return null;
            }

            switch (name)
            {
                case "--restarts":
                    options = options with { Restarts = number };
                    break;
                case "--idle-seconds":
                    options = options with { Idle = TimeSpan.FromSeconds(number) };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}
