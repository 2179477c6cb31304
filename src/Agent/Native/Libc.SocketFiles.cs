using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Slipway.Agent.Native;

/// <summary>Sockets other than TCP's, and the files that some of them are.</summary>
internal static partial class Libc
{
    private const int Here = -100; // AT_FDCWD
    private const int NotThroughLinks = 0x100; // AT_SYMLINK_NOFOLLOW
    private const int EmptyPath = 0x1000; // AT_EMPTY_PATH
    private const int SocketKind = 3;
    private const int AcceptsConnections = 30;
    private const uint BasicFields = 0x7ff;
    private const int KindOfFile = 0xf000;
    private const int SocketFile = 0xc000;

    /// <summary>A UDP socket: blocking, IPv6 without IPv4, and nobody else can have the same address.</summary>
    public static SafeFileHandle BindUdp(IPEndPoint address) => BindInternet(address, DatagramKind);

    /// <summary>A listening Unix socket that blocks.</summary>
    /// <param name="address">Where; nothing may be there.</param>
    /// <param name="backlog">0: the kernel's maximum.</param>
    /// <param name="prepare">Called when its file is there and nobody can connect yet.</param>
    public static SafeFileHandle ListenUnix(UnixDomainSocketEndPoint address, int backlog, Action prepare)
    {
        var socket = Own(Check(CreateSocket(UnixFamily, StreamKind | CloseOnExec, 0), "socket"));
        try
        {
            Bind(socket, address.Serialize());
            prepare();
            Listen(socket, backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Whether somebody has the socket there open who takes connections or datagrams.</summary>
    public static unsafe bool IsListening(UnixDomainSocketEndPoint address)
    {
        using var socket = Own(Check(
            CreateSocket(UnixFamily, StreamKind | CloseOnExec | NonBlocking, 0), "socket"));
        var serialized = address.Serialize();
        fixed (byte* start = serialized.Buffer.Span)
        {
            return ConnectSocket(socket, start, (uint)serialized.Size) == 0
                || Marshal.GetLastPInvokeError() is not (Errno.ConnectionRefused or Errno.NoEntry or Errno.NoAccess);
        }
    }

    /// <summary>What a path names, without following a link; null: nothing.</summary>
    public static FileIdentity? IdentifyFile(string path) => Identify(Here, path, NotThroughLinks);

    /// <summary>What a path leads to, through links; null: nothing.</summary>
    public static FileIdentity? IdentifyTarget(string path) => Identify(Here, path, flags: 0);

    /// <summary>What an open file is.</summary>
    public static FileIdentity? IdentifyFile(SafeHandle file) => Identify(Number(file), "", EmptyPath);

    /// <summary>Where a socket listens, in a manifest's words; null: it is no socket, or does not listen.</summary>
    public static unsafe string? AddressTextOf(SafeHandle socket)
    {
        int kind, listens;
        var size = (uint)sizeof(int);
        if (GetSocketOption(socket, SocketLevel, SocketKind, &kind, &size) < 0
            || GetSocketOption(socket, SocketLevel, AcceptsConnections, &listens, &size) < 0
            || (kind != DatagramKind && listens == 0))
        {
            return null;
        }

        var buffer = stackalloc byte[128];
        var length = 128u;
        Check(GetSocketName(socket, buffer, &length), "getsockname");
        switch (buffer[0])
        {
            case InternetFamily or Internet6Family:
                return (kind == DatagramKind ? "udp:" : "") + LocalAddressOf(socket);
            case UnixFamily when kind == StreamKind && length > 2:
                var name = new ReadOnlySpan<byte>(buffer + 2, (int)length - 2);
                return name[0] == 0
                    ? "unix:@" + Encoding.UTF8.GetString(name[1..])
                    : "unix:" + Encoding.UTF8.GetString(name.TrimEnd((byte)0));
            default:
                return null;
        }
    }

    private static unsafe FileIdentity? Identify(int folder, string path, int flags)
    {
        const int InodeOffset = 32;
        const int ModeOffset = 28;
        const int MajorOffset = 136;
        var fields = stackalloc byte[256];
        if (StatX(folder, path, flags, BasicFields, fields) < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error is Errno.NoEntry or Errno.NotFolder ? null : throw Failure(error, $"statx {path}");
        }

        var answer = new ReadOnlySpan<byte>(fields, 256);
        var device = BinaryPrimitives.ReadUInt64LittleEndian(answer[MajorOffset..]);
        var mode = BinaryPrimitives.ReadUInt16LittleEndian(answer[ModeOffset..]);
        return new FileIdentity(
            device,
            BinaryPrimitives.ReadUInt64LittleEndian(answer[InodeOffset..]),
            (mode & KindOfFile) == SocketFile);
    }

    private static SafeFileHandle BindInternet(IPEndPoint address, int kind)
    {
        var family = FamilyOf(address);
        var socket = Own(Check(CreateSocket(family, kind | CloseOnExec, 0), "socket"));
        try
        {
            if (kind == StreamKind)
            {
                SetOption(socket, SocketLevel, ReuseAddress);
            }

            if (family == Internet6Family)
            {
                SetOption(socket, Ipv6Level, Ipv6Only);
            }

            Bind(socket, address.Serialize());
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatX(int folder, string path, int flags, uint mask, byte* fields);
}

/// <summary>One file, whatever it is called: its name may have been given to another.</summary>
internal readonly record struct FileIdentity(ulong Device, ulong Inode, bool IsSocket);
