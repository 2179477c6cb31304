using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Tests.Benchmarks.Deploy;

/// <summary>How much work the measurement is; smaller than the default is for trying it out.</summary>
internal sealed record DeployOptions
{
    public int ArtifactMegabytes { get; init; } = 1000;

    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(60);

    public static bool TryParse(string[] arguments, [NotNullWhen(true)] out DeployOptions? options)
    {
        var parsed = new DeployOptions();
        for (; arguments.Length > 0; arguments = arguments[2..])
        {
            if (arguments is not [var name, var text, ..]
                || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || number == 0)
            {
                options = null;
                return false;
            }

            switch (name)
            {
                case "--megabytes":
                    parsed = parsed with { ArtifactMegabytes = number };
                    break;
                case "--idle-seconds":
                    parsed = parsed with { Idle = TimeSpan.FromSeconds(number) };
                    break;
                default:
                    options = null;
                    return false;
            }
        }

        options = parsed;
        return true;
    }
}
