using System.Collections;
using System.Globalization;
using System.Text;

namespace Slipway.Agent.Starter;

/// <summary>
/// The environment of workers, and the settings that lie in it: the daemon's own, then the options, then the files of
/// the envdir as they are now.
/// </summary>
internal sealed class StarterEnvironment(StarterOptions options)
{
    private const string DefaultAutoRestart = "360";
    private static readonly TimeSpan DelayWithAutoRestart = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    /// <summary>Meant for this process alone.</summary>
    private static readonly string[] Own = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"];

    private readonly Dictionary<string, string> _base = Inherited(options);

    /// <summary>As it is now.</summary>
    public Dictionary<string, string> Read()
    {
        var variables = new Dictionary<string, string>(_base);
        if (variables.GetValueOrDefault("ENVDIR") is { Length: > 0 } folder)
        {
            foreach (var (name, value) in ReadFolder(folder))
            {
                variables[name] = value;
            }
        }

        return variables;
    }

    public static StarterSettings SettingsOf(Dictionary<string, string> variables)
    {
        var isAutomatic = IsTrue(variables.GetValueOrDefault("ENABLE_AUTO_RESTART"));
        var interval = variables.GetValueOrDefault("AUTO_RESTART_INTERVAL");
        return new StarterSettings(
            variables.GetValueOrDefault("KILL_OLD_DELAY") is { } delay ? Seconds(delay)
                : isAutomatic ? DelayWithAutoRestart : TimeSpan.Zero,
            isAutomatic ? Seconds(IsTrue(interval) ? interval! : DefaultAutoRestart) : null);
    }

    /// <summary>What later workers see of the default; the first one is started before it is filled in.</summary>
    public static void FillIn(Dictionary<string, string> variables)
    {
        if (IsTrue(variables.GetValueOrDefault("ENABLE_AUTO_RESTART"))
            && !IsTrue(variables.GetValueOrDefault("AUTO_RESTART_INTERVAL")))
        {
            variables["AUTO_RESTART_INTERVAL"] = DefaultAutoRestart;
        }
    }

    private static Dictionary<string, string> Inherited(StarterOptions options)
    {
        var variables = new Dictionary<string, string>();
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            variables[(string)entry.Key] = (string?)entry.Value ?? "";
        }

        foreach (var (name, value) in options.Variables)
        {
            variables[name] = value;
        }

        Array.ForEach(Own, name => variables.Remove(name));
        return variables;
    }

    /// <summary>A file is a variable; its first line, if it has one, is the value.</summary>
    private static IEnumerable<(string Name, string Value)> ReadFolder(string folder)
    {
        IEnumerable<string> files;
        try
        {
            files = Directory.GetFiles(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            yield break;
        }

        foreach (var path in files)
        {
            var name = Path.GetFileName(path);
            if (name[0] != '.' && !name.Contains('=', StringComparison.Ordinal) && FirstLine(path) is { } value)
            {
                yield return (name, value);
            }
        }
    }

    private static string? FirstLine(string path)
    {
        try
        {
            var text = File.ReadAllText(path, Encoding.UTF8);
            var end = text.IndexOfAny(['\n', '\0']);
            return text.Length == 0 ? null : end < 0 ? text : text[..end];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsTrue(string? value) => value is not (null or "" or "0");

    /// <summary>What is no number counts as 0.</summary>
    private static TimeSpan Seconds(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(Math.Min(seconds, Longest.TotalSeconds))
            : TimeSpan.Zero;
}
