using System.Globalization;

namespace Slipway.Agent.Starter;

/// <summary>
/// Reads a command line as Getopt::Long does: one dash is enough, letters may be of either case, options stand
/// anywhere before <c>--</c>, and a name may be cut short as long as it says which one of the original's is meant.
/// </summary>
internal sealed class StarterArguments
{
    private const char Flag = '!';
    private const char Text = 's';
    private const char Whole = 'i';
    private const char Seconds = 't';

    /// <summary>Of the original.</summary>
    private static readonly Dictionary<string, char> Old = new(StringComparer.OrdinalIgnoreCase)
    {
        ["port"] = Text,
        ["path"] = Text,
        ["interval"] = Seconds,
        ["log-file"] = Text,
        ["pid-file"] = Text,
        ["dir"] = Text,
        ["signal-on-hup"] = Text,
        ["signal-on-term"] = Text,
        ["backlog"] = Whole,
        ["envdir"] = Text,
        ["enable-auto-restart"] = Flag,
        ["daemonize"] = Flag,
        ["auto-restart-interval"] = Seconds,
        ["kill-old-delay"] = Seconds,
        ["status-file"] = Text,
        ["restart"] = Flag,
        ["stop"] = Flag,
        ["help"] = Flag,
        ["version"] = Flag,
    };

    /// <summary>Ours; they are written out, so that none of the original's abbreviations changes its meaning.</summary>
    private static readonly Dictionary<string, char> New = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ready"] = Text,
        ["ready-timeout"] = Seconds,
        ["kill-timeout"] = Seconds,
        ["timeout"] = Seconds,
        ["listen-fds"] = Flag,
    };

    private readonly List<string> _errors = [];
    private readonly List<string> _command = [];
    private readonly Dictionary<string, List<string>> _values = [];

    /// <exception cref="StarterException">The command line says nothing that can be done.</exception>
    public static StarterOptions Parse(IReadOnlyList<string> arguments)
    {
        var parser = new StarterArguments();
        parser.Read(arguments);
        return parser.Build();
    }

    private void Read(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument == "--")
            {
                _command.AddRange(arguments.Skip(i + 1));
                return;
            }

            if (argument.Length < 2 || argument[0] != '-')
            {
                _command.Add(argument);
                continue;
            }

            var word = argument[1] == '-' ? argument[2..] : argument[1..];
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var given = equals < 0 ? null : word[(equals + 1)..];
            if (NameOf(equals < 0 ? word : word[..equals]) is not var (name, kind))
            {
                continue;
            }

            if (kind == Flag)
            {
                Add(name, given is null ? "1" : null, $"Option {name} does not take an argument");
                continue;
            }

            var value = given ?? (i + 1 < arguments.Count ? arguments[++i] : null);
            Add(name, Check(name, kind, value), $"Option {name} requires an argument");
        }
    }

    private (string Name, char Kind)? NameOf(string word)
    {
        if (Old.TryGetValue(word, out var kind) || New.TryGetValue(word, out kind))
        {
            return (word.ToLowerInvariant(), kind);
        }

        var meant = Old.Where(option => option.Key.StartsWith(word, StringComparison.OrdinalIgnoreCase)).ToList();
        if (meant is [var only])
        {
            return (only.Key, only.Value);
        }

        _errors.Add(meant.Count == 0
            ? $"Unknown option: {word}"
            : $"Option {word} is ambiguous ({string.Join(", ", meant.Select(option => option.Key).Order())})");
        return null;
    }

    /// <summary>The value, or null: there is none; what is wrong with another one is noted.</summary>
    private string? Check(string name, char kind, string? value)
    {
        if (string.IsNullOrEmpty(value) || kind == Text)
        {
            return string.IsNullOrEmpty(value) ? null : value;
        }

        var isGood = kind == Whole
            ? int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _)
            : double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && number <= TimeSpan.FromDays(365).TotalSeconds;
        if (!isGood)
        {
            _errors.Add($"Value \"{value}\" invalid for option {name} (number expected)");
        }

        return value;
    }

    private void Add(string name, string? value, string otherwise)
    {
        if (value is null)
        {
            _errors.Add(otherwise);
        }
        else if (!_values.TryAdd(name, [value]))
        {
            _values[name].Add(value);
        }
    }

    private StarterOptions Build()
    {
        if (_errors.Count > 0)
        {
            throw new StarterException(string.Join('\n', _errors));
        }

        var options = new StarterOptions
        {
            Ports = _values.GetValueOrDefault("port", []),
            Paths = _values.GetValueOrDefault("path", []),
            Folder = Last("dir"),
            Interval = Time("interval") ?? TimeSpan.FromSeconds(1),
            SignalOnHup = Signal("signal-on-hup"),
            SignalOnTerm = Signal("signal-on-term"),
            Backlog = Number("backlog") ?? 0,
            PidFile = Last("pid-file"),
            StatusFile = Last("status-file"),
            LogFile = Last("log-file"),
            IsDaemon = Last("daemonize") is not null,
            Variables = Variables(),
            Verb = Verb(),
            Ready = Last("ready") ?? StarterReadiness.Interval,
            ReadyTimeout = Time("ready-timeout") ?? TimeSpan.FromSeconds(60),
            KillTimeout = Time("kill-timeout"),
            Timeout = Time("timeout"),
            OffersListenFds = Last("listen-fds") is not null,
            Command = _command,
        };
        return StarterCheck.Check(options);
    }

    private StarterVerb Verb() =>
        Last("help") is not null ? StarterVerb.Help
        : Last("version") is not null ? StarterVerb.Version
        : Last("restart") is not null ? StarterVerb.Restart
        : Last("stop") is not null ? StarterVerb.Stop
        : StarterVerb.Start;

    private Dictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>();
        foreach (var name in (string[])["envdir", "enable-auto-restart", "kill-old-delay", "auto-restart-interval"])
        {
            if (Last(name) is { } value)
            {
                variables[name.Replace('-', '_').ToUpperInvariant()] = value;
            }
        }

        return variables;
    }

    private string? Last(string name) => _values.GetValueOrDefault(name)?[^1];

    private int? Number(string name) =>
        Last(name) is { } text ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : null;

    private TimeSpan? Time(string name) => Last(name) is { } text
        ? TimeSpan.FromSeconds(double.Parse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture))
        : null;

    private string Signal(string name)
    {
        var upper = (Last(name) ?? "TERM").ToUpperInvariant();
        return upper.StartsWith("SIG", StringComparison.Ordinal) ? upper[3..] : upper;
    }
}
