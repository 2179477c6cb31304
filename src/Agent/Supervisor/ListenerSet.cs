using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor.Upgrades;

namespace Slipway.Agent.Supervisor;

/// <summary>The sockets of a workload. They stay open from one generation to the next.</summary>
internal sealed class ListenerSet
{
    private readonly Dictionary<string, Listener> _listeners = [];

    /// <summary>
    /// Called with the path of a socket that is there and is removed, as Server::Starter has it, even if somebody
    /// listens; null: only one is removed where nobody does.
    /// </summary>
    public Action<string>? Removing { get; set; }

    public IReadOnlyList<ListenState> State =>
        [.. _listeners.Values.Select(listener => new ListenState(listener.Name, listener.Address.ToString()))];

    public IReadOnlyList<JournaledListener> Journal =>
    [
        .. _listeners.Select(entry => new JournaledListener(
            entry.Key, entry.Value.Name, entry.Value.Inode, entry.Value.File)),
    ];

    /// <summary>Binds what is not bound yet; binds nothing when one of them cannot be bound.</summary>
    /// <exception cref="Win32Exception">The message names the socket and why.</exception>
    public void Open(IReadOnlyList<ListenSpec> wanted)
    {
        var added = new List<string>();
        foreach (var spec in wanted)
        {
            var key = KeyOf(spec);
            try
            {
                if (_listeners.TryGetValue(key, out var old))
                {
                    Reopen(key, old, spec);
                    continue;
                }

                Add(key, spec);
                added.Add(key);
            }
            catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
            {
                added.ForEach(Close);
                var error = e is Win32Exception { NativeErrorCode: var code } ? code : Errno.NoAccess;
                var why = e is Win32Exception ? new Win32Exception(error).Message : e.Message;
                throw new Win32Exception(error, $"Cannot listen on {spec.Address} ({spec.Name}): {why}.");
            }
        }
    }

    /// <summary>Takes a socket over that another process has open.</summary>
    public void Add(JournaledListener journaled, SafeFileHandle socket)
    {
        var given = ListenAddress.Parse(journaled.Key.Split('=')[0])!;
        var address = given.Kind == ListenKind.Unix ? given : given with { Local = Libc.LocalAddressOf(socket) };
        _listeners.Add(
            journaled.Key, new Listener(journaled.Name, socket, address, journaled.Inode, journaled.File));
    }

    /// <summary>Says what the next program of this supervisor gets, and adds its descriptors.</summary>
    public Handover HandOver(Handover handover, HandoverDescriptors descriptors) => handover with
    {
        Listeners =
        [
            .. Journal.Select(journaled =>
                new HandoverListener(journaled, descriptors.Add(_listeners[journaled.Key].Socket))),
        ],
    };

    /// <summary>Takes what the program before has handed over.</summary>
    public void Take(Handover handover, HandoverDescriptors descriptors)
    {
        foreach (var listener in handover.Listeners)
        {
            Add(listener.Listener, descriptors[listener.Socket]);
        }
    }

    public SafeFileHandle SocketOf(ListenSpec spec) => _listeners[KeyOf(spec)].Socket;

    /// <summary>The address with its real port.</summary>
    public ListenAddress AddressOf(ListenSpec spec) => _listeners[KeyOf(spec)].Address;

    /// <summary>Closes the sockets that nobody in <paramref name="wanted"/> has; true: there were some.</summary>
    public bool KeepOnly(IEnumerable<ListenSpec> wanted)
    {
        var unwanted = _listeners.Keys.Except(wanted.Select(KeyOf)).ToList();
        unwanted.ForEach(Close);
        return unwanted.Count > 0;
    }

    /// <summary>Blocking, as a program expects that knows nothing of the one before it.</summary>
    public void MakeBlocking()
    {
        foreach (var listener in _listeners.Values)
        {
            Libc.SetBlocking(listener.Socket, blocking: true);
        }
    }

    /// <summary>Two sockets with a port of the kernel's choice differ by name, all others by address.</summary>
    public static string KeyOf(ListenSpec spec)
    {
        var address = ListenAddress.Parse(spec.Address)!;
        return address is { Kind: not ListenKind.Unix, Port: 0 } ? $"{address}={spec.Name}" : address.ToString();
    }

    private void Add(string key, ListenSpec spec)
    {
        var address = ListenAddress.Parse(spec.Address)!;
        var socket = address.Local switch
        {
            IPEndPoint internet when address.Kind == ListenKind.Udp => Libc.BindUdp(internet),
            IPEndPoint internet => Libc.ListenTcp(internet, spec.Backlog),
            _ => ListenUnix(address, spec),
        };
        var bound = address.Kind == ListenKind.Unix
            ? address
            : address with { Local = Libc.LocalAddressOf(socket) };
        var file = address.File is { } path ? Libc.IdentifyFile(path) : null;
        _listeners.Add(key, new Listener(spec.Name, socket, bound, ProcessTable.InodeOf(socket), file));
    }

    private void Reopen(string key, Listener old, ListenSpec spec)
    {
        if (old.Address.Kind != ListenKind.Udp)
        {
            Libc.Listen(old.Socket, spec.Backlog);
        }

        if (old is { Address.File: { } path, File: { } file } && Libc.IdentifyFile(path) == file)
        {
            SetRights(path, spec);
        }

        _listeners[key] = old with { Name = spec.Name };
    }

    /// <summary>Nothing but a socket is removed for the new one.</summary>
    private SafeFileHandle ListenUnix(ListenAddress address, ListenSpec spec)
    {
        if (address.File is { } path && Libc.IdentifyFile(path) is { } there)
        {
            if (!there.IsSocket)
            {
                throw new IOException("a file is there that is no socket; remove it or use another path");
            }

            if (Removing is null && Libc.IsListening((UnixDomainSocketEndPoint)address.Local))
            {
                throw new Win32Exception(Errno.InUse);
            }

            Removing?.Invoke(path);
            File.Delete(path);
        }

        return Libc.ListenUnix((UnixDomainSocketEndPoint)address.Local, spec.Backlog, () =>
        {
            if (address.File is { } file)
            {
                SetRights(file, spec);
            }
        });
    }

    /// <summary>
    /// The folder may be a program's, which can put a link to anything in the socket's place: so both are done to the
    /// file that was looked at, whatever has its name by then.
    /// </summary>
    private static void SetRights(string path, ListenSpec spec)
    {
        using var file = Libc.Open(path, Libc.PathOnly);
        if (Libc.IdentifyFile(path) is not { IsSocket: true } named || Libc.IdentifyFile(file) != named)
        {
            throw new IOException("another file has taken the socket's name; let only its owner write to the folder");
        }

        if (spec.Owner is { } owner)
        {
            var (user, group) = SocketOwner.Find(owner) ?? throw new IOException($"this host does not know '{owner}'");
            Libc.GiveTo(file, user, group);
        }

        if (spec.Mode is { } mode)
        {
            File.SetUnixFileMode($"/proc/self/fd/{file.DangerousGetHandle()}", mode);
        }
    }

    private void Close(string key)
    {
        _listeners.Remove(key, out var listener);
        try
        {
            if (listener is { File: { } file, Address.File: { } path } && Libc.IdentifyFile(path) == file)
            {
                File.Delete(path);
            }
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
        {
            // The next one removes what is left; a socket that nobody accepts from would keep clients waiting.
        }

        listener?.Socket.Dispose();
    }

    private sealed record Listener(
        string Name, SafeFileHandle Socket, ListenAddress Address, long Inode, FileIdentity? File);
}
