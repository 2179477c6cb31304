using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Slipway.Agent.Native;

/// <summary>Sockets other than TCP's, and the files that some of them are.</summary>
internal static partial class Libc
{
    private const int Here = -100; // AT_FDCWD
    private const int NotThroughLinks = 0x100; // AT_SYMLINK_NOFOLLOW
    private const uint BasicFields = 0x7ff;
    private const int KindOfFile = 0xf000;
    private const int SocketFile = 0xc000;

    /// <summary>A UDP socket: blocking, IPv6 without IPv4, and nobody else can have the same address.</summary>
    public static SafeFileHandle BindUdp(IPEndPoint address) => BindInternet(address, DatagramKind);

    /// <summary>A listening Unix socket that blocks.</summary>
    /// <param name="address">Where; nothing may be there.</param>
    /// <param name="backlog">0: the kernel's maximum.</param>
    /// <param name="mode">Who may connect to its file, whatever the umask is; null: it has none.</param>
    public static SafeFileHandle ListenUnix(UnixDomainSocketEndPoint address, int backlog, UnixFileMode? mode)
    {
        var socket = Own(Check(CreateSocket(UnixFamily, StreamKind | CloseOnExec, 0), "socket"));
        try
        {
            Bind(socket, address.Serialize());
            if (mode is { } permissions)
            {
                File.SetUnixFileMode(address.ToString(), permissions);
            }

            Listen(socket, backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What a path names, without following a link; null: nothing.</summary>
    public static unsafe FileIdentity? IdentifyFile(string path)
    {
        const int InodeOffset = 32;
        const int ModeOffset = 28;
        const int MajorOffset = 136;
        var fields = stackalloc byte[256];
        if (StatX(Here, path, NotThroughLinks, BasicFields, fields) < 0)
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
