using System.Collections.Frozen;
using Slipway.Agent.Deployments;

namespace Slipway.Agent.Supervisor;

/// <summary>Finds what a supervisor cannot run, before it tries.</summary>
internal static class SpecCheck
{
    public static readonly FrozenDictionary<string, int> Signals = new Dictionary<string, int>
    {
        ["HUP"] = 1,
        ["INT"] = 2,
        ["QUIT"] = 3,
        ["ABRT"] = 6,
        ["KILL"] = 9,
        ["USR1"] = 10,
        ["USR2"] = 12,
        ["ALRM"] = 14,
        ["TERM"] = 15,
        ["WINCH"] = 28,
    }.ToFrozenDictionary();

    /// <summary>One sentence that names the field and the remedy; null: the spec can be run.</summary>
    public static string? Find(GenerationSpec spec)
    {
        var server = spec.Server;
        if (server.Command is [] or ["", ..])
        {
            return "server.command: is empty; name a program.";
        }

        if (!Path.IsPathFullyQualified(spec.WorkingDirectory))
        {
            return "working_directory: is not absolute; give the whole path.";
        }

        if (!Signals.ContainsKey(server.StopSignal))
        {
            return $"server.stop_signal: {server.StopSignal} is unknown; use one of {string.Join(", ", Signals.Keys)}.";
        }

        var texts = server.Command.Concat(spec.Environment.Keys).Concat(spec.Environment.Values);
        if (texts.Any(text => text.Contains('\0', StringComparison.Ordinal)))
        {
            return "server.command, environment: contains a NUL character; remove it.";
        }

        var bad = spec.Environment.Keys.FirstOrDefault(
            name => name.Length == 0 || name.Contains('=', StringComparison.Ordinal));
        return bad is null
            ? FindInListen(server) ?? ConfinementCheck.Find(spec)
            : $"environment: the name '{bad}' is empty or contains =; rename it.";
    }

    private static string? FindInListen(ServerSpec server)
    {
        foreach (var listen in server.Listen)
        {
            if (ListenAddress.Parse(listen.Address) is null)
            {
                return $"server.listen: {listen.Address} is no address; "
                    + "write 8080, 127.0.0.1:8080, [::1]:8080, udp:5353 or unix:/run/web.sock.";
            }

            if (listen.Name.Length == 0 || listen.Name.Any(letter => letter is <= ' ' or ':' or ';' or '=' or > '~'))
            {
                return $"server.listen: the name '{listen.Name}' is empty or has one of :;= or a space; rename it.";
            }
        }

        // The ports of a range share its name, as the sockets of one systemd unit do.
        if (server.Listen.DistinctBy(ListenerSet.KeyOf).Count() < server.Listen.Count)
        {
            return "server.listen: two sockets have the same address; make them different.";
        }

        if (server.Listen.Select(listen => listen.Owner).OfType<string>()
            .Select(SocketOwner.WhyNot).FirstOrDefault(why => why is not null) is { } whyNot)
        {
            return whyNot;
        }

        return FindInProbe("server.readiness", server, server.Readiness)
            ?? (server.Liveness is { } liveness ? FindInProbe("server.liveness", server, liveness.Probe) : null);
    }

    private static string? FindInProbe(string field, ServerSpec server, ReadinessSpec probe) => probe.Kind switch
    {
        ReadinessKind.Http or ReadinessKind.Tcp when ListenOf(server, probe) is null =>
            $"{field}: there is no socket '{probe.Listen}' to probe; name one of server.listen.",
        ReadinessKind.Exec when probe.Command is not [{ Length: > 0 }, ..] =>
            $"{field}.exec.command: is empty; name a program.",
        _ => null,
    };

    /// <summary>The TCP socket that a probe connects to.</summary>
    public static ListenSpec? ListenOf(ServerSpec server, ReadinessSpec probe) => server.Listen.FirstOrDefault(
        listen => ListenAddress.Parse(listen.Address) is { Kind: ListenKind.Tcp }
            && (probe.Listen is not { Length: > 0 } name || listen.Name == name));
}
