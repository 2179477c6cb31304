using System.Globalization;

namespace Slipway.Agent.Native;

/// <summary>One line of /proc/PID/stat.</summary>
internal readonly record struct ProcessStat(int Pid, char State, int Parent, int Session, ulong StartTicks)
{
    public bool IsZombie => State is 'Z' or 'X';

    /// <summary>The name stands in parentheses and may contain anything, parentheses too.</summary>
    public static ProcessStat? Parse(string line)
    {
        var open = line.IndexOf('(', StringComparison.Ordinal);
        var close = line.LastIndexOf(')');
        if (open < 1 || close < open)
        {
            return null;
        }

        var fields = line[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 20
            ? null
            : new ProcessStat(
                Number(line[..open]), fields[0][0], Number(fields[1]), Number(fields[3]), Ticks(fields[19]));
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static ulong Ticks(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);
}
