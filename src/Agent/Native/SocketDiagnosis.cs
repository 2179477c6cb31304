using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Slipway.Agent.Native;

/// <summary>
/// Asks the kernel (NETLINK_SOCK_DIAG) for one TCP connection: microseconds, where /proc/net/tcp lists all that the
/// host has and takes tens of milliseconds once they are thousands.
/// </summary>
internal sealed class SocketDiagnosis : IDisposable
{
    private const int Header = 16; // struct nlmsghdr: length (4), type (2), flags (2), sequence (4), sender (4).
    private const int RequestLength = 72;
    private const int IdentityInRequest = Header + 8;
    private const int InodeInAnswer = Header + 4 + 48 + 16;
    private const int ByFamily = 20;
    private const int ErrorMessage = 2;
    private const int TcpProtocol = 6;
    private const int SynReceived = 3;
    private const int Listening = 10;

    private readonly SafeFileHandle? _socket;

    public SocketDiagnosis()
    {
        try
        {
            _socket = Libc.OpenSocketDiagnosis();
        }
        catch (Win32Exception)
        {
            // Not in this kernel, or not allowed in this container: nothing is ever found.
        }
    }

    /// <summary>The end whose own address is <paramref name="local"/>; when it does not exist, but somebody listens
    /// there, the listener. Null: neither, or the kernel cannot tell.</summary>
    public SocketEnd? Find(IPEndPoint local, IPEndPoint remote)
    {
        if (_socket is null)
        {
            return null;
        }

        Span<byte> request = stackalloc byte[RequestLength];
        Span<byte> answer = stackalloc byte[512];
        Write(request, local, remote);
        try
        {
            var length = Libc.Send(_socket, request) == RequestLength ? Libc.Read(_socket, answer) : 0;
            return length >= InodeInAnswer + 4 && MemoryMarshal.Read<ushort>(answer[4..]) != ErrorMessage
                ? new SocketEnd(
                    IsListener: answer[Header + 1] == Listening,
                    IsHeldBack: answer[Header + 1] == SynReceived,
                    MemoryMarshal.Read<uint>(answer[InodeInAnswer..]))
                : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    public void Dispose() => _socket?.Dispose();

    private static void Write(Span<byte> request, IPEndPoint local, IPEndPoint remote)
    {
        request.Clear();
        MemoryMarshal.Write(request, RequestLength);
        MemoryMarshal.Write(request[4..], (ushort)ByFamily);
        MemoryMarshal.Write(request[6..], (ushort)1); // NLM_F_REQUEST: this one, no list

        // struct inet_diag_req_v2: family, protocol, extensions, padding, states (4), then struct inet_diag_sockid.
        var isIpv6 = local.AddressFamily == AddressFamily.InterNetworkV6;
        request[Header] = (byte)(isIpv6 ? Libc.Internet6Family : Libc.InternetFamily);
        request[Header + 1] = TcpProtocol;
        MemoryMarshal.Write(request[(Header + 4)..], uint.MaxValue);
        var identity = request[IdentityInRequest..];
        BinaryPrimitives.WriteUInt16BigEndian(identity, (ushort)local.Port);
        BinaryPrimitives.WriteUInt16BigEndian(identity[2..], (ushort)remote.Port);
        local.Address.TryWriteBytes(identity[4..], out _);
        remote.Address.TryWriteBytes(identity[20..], out _);
        MemoryMarshal.Write(identity[36..], isIpv6 ? (uint)local.Address.ScopeId : 0u);
        MemoryMarshal.Write(identity[40..], ulong.MaxValue); // INET_DIAG_NOCOOKIE
    }
}

/// <summary>What is at one end of a TCP connection.</summary>
/// <param name="IsListener">There is no such connection, but somebody who would take it.</param>
/// <param name="IsHeldBack">The handshake is not complete yet.</param>
/// <param name="Inode">The socket's; 0: no program has it.</param>
internal readonly record struct SocketEnd(bool IsListener, bool IsHeldBack, long Inode);
