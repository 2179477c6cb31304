using System.ComponentModel;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;

namespace Slipway.Agent.Starter;

/// <summary>The sockets of start_server: what to bind, and where workers find it.</summary>
internal sealed record StarterSockets(IReadOnlyList<ListenSpec> Listen, IReadOnlyList<WorkerSocket> Workers)
{
    private const UnixFileMode Everybody = (UnixFileMode)0x1ff; // 0777

    /// <summary>Binds all of them, or takes them from systemd; says on the way what is worth saying.</summary>
    /// <exception cref="StarterException">One of them cannot be had.</exception>
    public static StarterSockets Open(StarterOptions options, ListenerSet listeners, Action<string> say)
    {
        var ports = options.Ports.Select(PortSpec.Parse).ToList();
        var wanted = ports
            .Concat(options.Paths.Select(path => new PortSpec(path, "unix:" + path, Descriptor: null)))
            .ToList();
        var given = ActivatedSocket.Take();
        wanted.AddRange(given
            .Where(socket => wanted.TrueForAll(port => port.Address != socket.Address))
            .Select(socket => new PortSpec(ListenAddress.Bare(socket.Address), socket.Address, Descriptor: null)));
        var listen = Label(wanted, options.Backlog);
        foreach (var socket in given)
        {
            var spec = listen.First(spec => spec.Address == socket.Address);
            listeners.Add(new JournaledListener(socket.Address, spec.Name, 0), socket.File);
        }

        var numbers = Place(wanted, options.OffersListenFds);
        listeners.Removing = path => say($"removing existing socket file:{path}");
        try
        {
            listeners.Open(listen);
        }
        catch (Win32Exception e)
        {
            throw new StarterException(e.Message);
        }

        foreach (var port in wanted.Where(port => port.Descriptor is not null))
        {
            say($"socket is duplicated to file descriptor {port.Descriptor}");
        }

        return new StarterSockets(
            listen,
            [.. wanted.Select((port, i) => new WorkerSocket(port.Name, numbers[i]))]);
    }

    /// <summary>Names that LISTEN_FDNAMES can say, each only once.</summary>
    private static List<ListenSpec> Label(List<PortSpec> wanted, int backlog)
    {
        var listen = new List<ListenSpec>();
        foreach (var port in wanted)
        {
            if (ListenAddress.Parse(port.Address) is not { } address)
            {
                throw new StarterException($"invalid ``path'' value:{port.Name}; it is too long for a socket");
            }

            if (listen.Exists(other => other.Address == port.Address)
                && (address.Kind == ListenKind.Unix || address.Port > 0))
            {
                throw new StarterException($"failed to bind to {port.Name}: it is given twice");
            }

            var letters = port.Name.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '/'
                ? letter
                : '-');
            var label = string.Concat(letters);
            var count = listen.Count(other => other.Name.Split('+')[0] == label);
            listen.Add(new ListenSpec(count == 0 ? label : $"{label}+{count}", port.Address, backlog)
            {
                Mode = address.File is null ? null : Everybody,
            });
        }

        return listen;
    }

    /// <summary>Asked for, or the lowest that nobody asked for and nothing of the user's is at.</summary>
    private static List<int> Place(List<PortSpec> wanted, bool isContiguous)
    {
        var taken = new HashSet<int>();
        foreach (var port in wanted.Where(port => port.Descriptor is not null))
        {
            if (!taken.Add(port.Descriptor!.Value))
            {
                throw new StarterException($"two sockets cannot both be at descriptor {port.Descriptor}");
            }
        }

        if (isContiguous && taken.Count > 0)
        {
            throw new StarterException("--listen-fds puts the sockets at 3, 4, 5 ...; leave out =FD");
        }

        var foreign = isContiguous ? [] : Libc.InheritableDescriptors();
        var next = LaunchOrder.FirstListenDescriptor;
        var numbers = new List<int>();
        foreach (var port in wanted)
        {
            while (port.Descriptor is null && (taken.Contains(next) || foreign.Contains(next)))
            {
                next++;
            }

            numbers.Add(port.Descriptor ?? next++);
        }

        return numbers;
    }
}
