using System.Collections.Frozen;
using System.Globalization;

namespace Slipway.Agent.Supervisor;

/// <summary>The names of the signals, which have the same numbers on x64 and arm64.</summary>
internal static class SignalTable
{
    private const int Last = 64;

    private static readonly FrozenDictionary<string, int> Numbers = new Dictionary<string, int>
    {
        ["HUP"] = 1,
        ["INT"] = 2,
        ["QUIT"] = 3,
        ["ILL"] = 4,
        ["TRAP"] = 5,
        ["ABRT"] = 6,
        ["IOT"] = 6,
        ["BUS"] = 7,
        ["FPE"] = 8,
        ["KILL"] = 9,
        ["USR1"] = 10,
        ["SEGV"] = 11,
        ["USR2"] = 12,
        ["PIPE"] = 13,
        ["ALRM"] = 14,
        ["TERM"] = 15,
        ["STKFLT"] = 16,
        ["CHLD"] = 17,
        ["CLD"] = 17,
        ["CONT"] = 18,
        ["STOP"] = 19,
        ["TSTP"] = 20,
        ["TTIN"] = 21,
        ["TTOU"] = 22,
        ["URG"] = 23,
        ["XCPU"] = 24,
        ["XFSZ"] = 25,
        ["VTALRM"] = 26,
        ["PROF"] = 27,
        ["WINCH"] = 28,
        ["IO"] = 29,
        ["POLL"] = 29,
        ["PWR"] = 30,
        ["SYS"] = 31,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<int, string> Names = Numbers
        .GroupBy(entry => entry.Value)
        .ToFrozenDictionary(same => same.Key, same => same.OrderBy(entry => entry.Key is "IOT" or "CLD").First().Key);

    /// <summary>The number of a name without SIG, or of a number; null: there is no such signal.</summary>
    public static int? NumberOf(string name) =>
        Numbers.TryGetValue(name, out var number) ? number
        : int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is > 0 and <= Last
            ? number
            : null;

    /// <summary>The name, or the number as text.</summary>
    public static string NameOf(int number) =>
        Names.GetValueOrDefault(number) ?? number.ToString(CultureInfo.InvariantCulture);
}
