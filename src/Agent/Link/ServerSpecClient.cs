using Google.Protobuf.WellKnownTypes;
using Slipway.Agent.Deployments;
using Slipway.Agent.Logs;
using Slipway.Shared.Listening;
using Slipway.Shared.Manifests;
using V1 = Slipway.Contracts.V1;

namespace Slipway.Agent.Link;

/// <summary>Reads how to run a server.</summary>
internal static class ServerSpecClient
{
    private const string DefaultSignal = "TERM";
    private const int DefaultKeep = 5;
    private const long LongestSeconds = 86_400;
    private const long LongestLogSeconds = 1L << 32;
    private const long LeastLogBytes = 64 * 1024;
    private const int NanosPerSecond = 1_000_000_000;

    private static readonly HashSet<string> Signals =
        ["HUP", "INT", "QUIT", "USR1", "USR2", "TERM", "WINCH", "KILL"];

    private static readonly ServerSpec Default = new() { Command = [], Readiness = new(ReadinessKind.Unspecified) };

    /// <exception cref="FormatException">Something in it cannot be done here: field, colon, why.</exception>
    public static ServerSpec Read(V1.ServerSpec server)
    {
        if (server.Command.Count == 0 || server.Command[0].Length == 0)
        {
            throw new FormatException("server.command: names no program");
        }

        var listen = server.Listen.SelectMany(ReadListen).ToArray();
        if (server.Listen.GroupBy(socket => socket.Name).FirstOrDefault(group => group.Count() > 1) is { } repeated)
        {
            throw new FormatException($"server.listen: the name '{repeated.Key}' is there more than once");
        }

        return new()
        {
            Command = [.. server.Command],
            Listen = listen,
            Environment = server.Environment.ToDictionary(),
            Readiness = ProbeSpecClient.Read(server.Readiness ?? new(), listen),
            StartTimeout = Time("server.start_timeout", server.StartTimeout, Default.StartTimeout),
            StopGrace = Time("server.stop_grace", server.StopGrace, Default.StopGrace),
            Bake = Time("server.bake", server.Bake, Default.Bake),
            StopSignal = Signal(server.StopSignal),
            KeepReleases = server.KeepReleases == 0 ? DefaultKeep : Math.Max(0, server.KeepReleases),
            Liveness = server.Liveness is { } liveness ? ProbeSpecClient.Read(liveness, listen) : null,
            Restart = server.Restart is { } restart ? ReadRestart(restart) : null,
            Confinement = ConfinementClient.Read(server),
            Log = server.Log is { } log ? ReadLog(log) : null,
            Before = KindSpecClient.Read("server.before", server.Before),
        };
    }

    /// <summary>One socket for each port; all of them have the name.</summary>
    private static IEnumerable<ListenSpec> ReadListen(V1.Listen listen, int index)
    {
        var field = $"server.listen[{index}]";
        if (listen.Name.Length == 0)
        {
            throw new FormatException($"{field}.name: is missing");
        }

        if (ListenRange.Expand(listen.Address) is not [{ Length: > 0 }, ..] addresses)
        {
            throw new FormatException($"{field}.address: '{listen.Address}' names no port");
        }

        var mode = listen.Mode.Length == 0 ? (UnixFileMode?)null : (UnixFileMode)Octal($"{field}.mode", listen.Mode);
        return addresses.Select(address => new ListenSpec(listen.Name, address, listen.Backlog)
        {
            Mode = mode,
            Owner = listen.Owner.Length == 0 ? null : listen.Owner,
        });
    }

    /// <summary>Three octal digits, perhaps with a zero before them.</summary>
    private static int Octal(string field, string text) =>
        text.Length is 3 or 4 && text.All(digit => digit is >= '0' and <= '7')
            ? Convert.ToInt32(text, 8)
            : throw new FormatException($"{field}: '{text}' is no number of three octal digits");

    private static LogSpec ReadLog(V1.LogRetention log) => new(
        log.MaxBytes.Length == 0 ? LogSpec.Default.MaxBytes
            : SizeText.TryParse(log.MaxBytes, out var bytes) ? Math.Max(bytes, LeastLogBytes)
            : throw new FormatException($"server.log.max_bytes: '{log.MaxBytes}' is no size"),
        log.MaxFiles == 0 ? LogSpec.Default.MaxFiles : Math.Max(2, log.MaxFiles),
        log.MaxAge is { Seconds: > 0 and <= LongestLogSeconds } age ? age.ToTimeSpan() : TimeSpan.Zero);

    private static RestartSpec ReadRestart(V1.Restart restart) => new(
        Time("server.restart.min", restart.Min, RestartSpec.Default.Min),
        Time("server.restart.max", restart.Max, RestartSpec.Default.Max),
        Time("server.restart.reset", restart.Reset, RestartSpec.Default.Reset));

    private static string Signal(string name)
    {
        var signal = name.Length == 0 ? DefaultSignal
            : name.StartsWith("SIG", StringComparison.Ordinal) ? name[3..] : name;
        return Signals.Contains(signal)
            ? signal
            : throw new FormatException($"server.stop_signal: '{name}' is none of {string.Join(", ", Signals)}");
    }

    internal static TimeSpan Time(string field, Duration? duration, TimeSpan fallback)
    {
        if (duration is null)
        {
            return fallback;
        }

        return duration is { Seconds: >= 0 and <= LongestSeconds, Nanos: >= 0 and < NanosPerSecond }
            ? duration.ToTimeSpan()
            : throw new FormatException($"{field}: must be between 0 and 24 hours");
    }
}
