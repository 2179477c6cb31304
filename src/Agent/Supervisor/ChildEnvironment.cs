using System.Globalization;
using Slipway.Agent.Deployments;

namespace Slipway.Agent.Supervisor;

/// <summary>The environment of a program: what its spec says, and what a supervisor adds.</summary>
internal static class ChildEnvironment
{
    private const int FirstDescriptor = LaunchOrder.FirstListenDescriptor;

    /// <summary>LISTEN_PID is missing: only the process itself can know it.</summary>
    public static IReadOnlyList<string> Build(
        Generation generation, IReadOnlyList<ListenAddress> bound, string notifyName)
    {
        var listen = generation.Spec.Server.Listen;
        var variables = new Dictionary<string, string>(generation.Spec.Environment)
        {
            ["NOTIFY_SOCKET"] = "@" + notifyName,
            ["SERVER_STARTER_GENERATION"] = generation.Number.ToString(CultureInfo.InvariantCulture),
            ["SERVER_STARTER_PORT"] = string.Join(
                ';', listen.Select((spec, i) => $"{NameOf(spec.Address, bound[i])}={FirstDescriptor + i}")),
            ["SLIPWAY_VERSION"] = generation.Spec.Version,
        };
        variables.Remove("LISTEN_PID");
        if (generation.Spec.Server.Liveness is { Probe.Kind: ReadinessKind.Watchdog } liveness)
        {
            variables["WATCHDOG_USEC"] =
                ((long)liveness.Watchdog.TotalMicroseconds).ToString(CultureInfo.InvariantCulture);
        }

        if (listen.Count > 0)
        {
            variables["LISTEN_FDS"] = listen.Count.ToString(CultureInfo.InvariantCulture);
            variables["LISTEN_FDNAMES"] = string.Join(':', listen.Select(spec => spec.Name));
        }

        return [.. variables.Select(variable => $"{variable.Key}={variable.Value}")];
    }

    /// <summary>Nothing but what Server::Starter adds, unless more was asked for.</summary>
    public static IReadOnlyList<string> BuildForWorker(Generation generation, WorkerSpec worker, string notifyName)
    {
        var sockets = worker.Sockets.Select(socket => $"{socket.Name}={socket.Descriptor}");
        var variables = new Dictionary<string, string>(generation.Spec.Environment)
        {
            ["SERVER_STARTER_GENERATION"] = generation.Number.ToString(CultureInfo.InvariantCulture),
            ["SERVER_STARTER_PORT"] = string.Join(';', sockets),
        };
        if (notifyName.Length > 0)
        {
            variables["NOTIFY_SOCKET"] = "@" + notifyName;
        }

        if (worker.OffersListenFds)
        {
            variables["LISTEN_FDS"] = worker.Sockets.Count.ToString(CultureInfo.InvariantCulture);
            variables["LISTEN_FDNAMES"] = string.Join(':', generation.Spec.Server.Listen.Select(spec => spec.Name));
        }

        return [.. variables.Select(variable => $"{variable.Key}={variable.Value}")];
    }

    /// <summary>As given, as Server::Starter does it, but with the real port where 0 was given.</summary>
    private static string NameOf(string given, ListenAddress bound)
    {
        var name = ListenAddress.Bare(given);
        return bound.Kind == ListenKind.Unix || ListenAddress.Parse(given)?.Port != 0 ? name
            : name.Contains(':', StringComparison.Ordinal) ? $"{bound.Local}"
            : bound.Port.ToString(CultureInfo.InvariantCulture);
    }
}
