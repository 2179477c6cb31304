using System.ComponentModel;
using System.Net;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor;

/// <summary>The listening sockets of a workload. They stay open from one generation to the next.</summary>
internal sealed class ListenerSet
{
    private readonly Dictionary<string, Listener> _listeners = [];

    public IReadOnlyList<ListenState> State =>
        [.. _listeners.Values.Select(listener => new ListenState(listener.Name, listener.Address.ToString()))];

    public IReadOnlyList<JournaledListener> Journal =>
        [.. _listeners.Select(entry => new JournaledListener(entry.Key, entry.Value.Name, entry.Value.Inode))];

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
                    Libc.Listen(old.Socket, spec.Backlog);
                    _listeners[key] = old with { Name = spec.Name };
                    continue;
                }

                Add(key, spec.Name, Libc.ListenTcp(ListenAddress.Parse(spec.Address)!, spec.Backlog));
                added.Add(key);
            }
            catch (Win32Exception e)
            {
                added.ForEach(Close);
                var why = new Win32Exception(e.NativeErrorCode).Message;
                throw new Win32Exception(
                    e.NativeErrorCode, $"Cannot listen on {spec.Address} ({spec.Name}): {why}.");
            }
        }
    }

    /// <summary>Takes a socket over that another process has open.</summary>
    public void Add(string key, string name, SafeFileHandle socket) =>
        _listeners.Add(key, new Listener(name, socket, Libc.LocalAddressOf(socket), ProcessTable.InodeOf(socket)));

    public SafeFileHandle SocketOf(ListenSpec spec) => _listeners[KeyOf(spec)].Socket;

    /// <summary>The address with its real port.</summary>
    public IPEndPoint AddressOf(ListenSpec spec) => _listeners[KeyOf(spec)].Address;

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
    private static string KeyOf(ListenSpec spec)
    {
        var address = ListenAddress.Parse(spec.Address)!;
        return address.Port == 0 ? $"{address}={spec.Name}" : address.ToString();
    }

    private void Close(string key)
    {
        _listeners.Remove(key, out var listener);
        listener?.Socket.Dispose();
    }

    private sealed record Listener(string Name, SafeFileHandle Socket, IPEndPoint Address, long Inode);
}
