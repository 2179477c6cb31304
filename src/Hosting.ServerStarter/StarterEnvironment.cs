using System.Globalization;

namespace Slipway.Hosting.ServerStarter;

/// <summary>What the starting program said by environment variables: values in, values out.</summary>
internal sealed record StarterEnvironment(IReadOnlyList<InheritedSocket> Sockets, string? NotifySocket)
{
    private const int FirstDescriptor = 3;
    private const int MostDescriptors = 4096;

    /// <summary>Consumed on start, so that programs which this one starts do not take them for their own.</summary>
    public static readonly IReadOnlyList<string> Variables =
        ["SERVER_STARTER_PORT", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID", "NOTIFY_SOCKET"];

    /// <summary>systemd's variables win, because their names are given and not derived from addresses.</summary>
    public static StarterEnvironment Read(Func<string, string?> variable, int processId)
    {
        var sockets = Systemd(variable, processId);
        if (sockets.Count == 0)
        {
            sockets = ServerStarter(variable("SERVER_STARTER_PORT"));
        }

        var notify = variable("NOTIFY_SOCKET");
        if (string.IsNullOrEmpty(notify))
        {
            return new StarterEnvironment(sockets, NotifySocket: null);
        }

        return notify[0] is '/' or '@' && notify.Length > 1
            ? new StarterEnvironment(sockets, notify)
            : throw new InvalidOperationException(
                $"NOTIFY_SOCKET is '{notify}': it must be an absolute path or '@' and an abstract name.");
    }

    private static List<InheritedSocket> ServerStarter(string? value)
    {
        var sockets = new List<InheritedSocket>();
        if (string.IsNullOrEmpty(value))
        {
            return sockets;
        }

        foreach (var entry in value.Split(';'))
        {
            var separator = entry.IndexOf('=', StringComparison.Ordinal);
            if (separator < 1 || !TryDescriptor(entry[(separator + 1)..], out var descriptor))
            {
                throw new InvalidOperationException(
                    $"SERVER_STARTER_PORT has the entry '{entry}': it must be NAME=DESCRIPTOR, such as 8080=3.");
            }

            Add(sockets, new InheritedSocket(entry[..separator], descriptor), $"SERVER_STARTER_PORT's entry '{entry}'");
        }

        return sockets;
    }

    private static List<InheritedSocket> Systemd(Func<string, string?> variable, int processId)
    {
        var sockets = new List<InheritedSocket>();
        var own = processId.ToString(CultureInfo.InvariantCulture);
        if (variable("LISTEN_FDS") is not { Length: > 0 } count || variable("LISTEN_PID") != own)
        {
            return sockets;
        }

        if (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number > MostDescriptors)
        {
            throw new InvalidOperationException(
                $"LISTEN_FDS is '{count}': it must be a number of descriptors, at most {MostDescriptors}.");
        }

        var names = variable("LISTEN_FDNAMES") is { Length: > 0 } list ? list.Split(':') : null;
        if (names is not null && names.Length != number)
        {
            throw new InvalidOperationException(
                $"LISTEN_FDNAMES holds {names.Length} names, but LISTEN_FDS says {number}: name each one.");
        }

        for (var index = 0; index < number; index++)
        {
            sockets.Add(new InheritedSocket(names?[index] ?? "unknown", FirstDescriptor + index));
        }

        return sockets;
    }

    private static void Add(List<InheritedSocket> sockets, InheritedSocket socket, string where)
    {
        if (sockets.Any(other => other.Descriptor == socket.Descriptor))
        {
            throw new InvalidOperationException($"{where} repeats descriptor {socket.Descriptor}.");
        }

        sockets.Add(socket);
    }

    private static bool TryDescriptor(string text, out int descriptor) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out descriptor);
}
