using System.Net;
using Slipway.Agent.Native;

namespace Slipway.Agent.Probes;

/// <summary>Finds the server's end of a probe's connection.</summary>
internal sealed class ConnectionLookup : IDisposable
{
    private readonly SocketDiagnosis _diagnosis = new();
    private bool _isTrusted;

    /// <summary>The end that belongs to whoever listens on <paramref name="server"/>; null: there is none.</summary>
    public TcpEntry? Find(IPEndPoint server, IPEndPoint client)
    {
        if (_diagnosis.Find(server, client) is { } end)
        {
            _isTrusted = true;
            return end.IsListener ? null : new TcpEntry(end.IsHeldBack, end.Inode);
        }

        // The kernel says the same of what does not exist and of what it cannot look up. The probe's own end exists.
        _isTrusted = _isTrusted || _diagnosis.Find(client, server) is not null;
        return _isTrusted ? null : TcpTable.Load(server).Find(server, client);
    }

    public void Dispose() => _diagnosis.Dispose();
}
