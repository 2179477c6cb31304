using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Slipway.Agent.Native;

internal static partial class Libc
{
    public const int InternetFamily = 2;
    public const int Internet6Family = 10;

    private const int UnixFamily = 1;
    private const int NetlinkFamily = 16;
    private const int StreamKind = 1;
    private const int DatagramKind = 2;
    private const int RawKind = 3;
    private const int SocketDiagnosisProtocol = 4;
    private const int SocketLevel = 1;
    private const int ReuseAddress = 2;
    private const int SocketError = 4;
    private const int PassCredentials = 16;
    private const int Ipv6Level = 41;
    private const int Ipv6Only = 26;
    private const int NoSignal = 0x4000;
    private const int CredentialsMessage = 2;

    /// <summary>A listening TCP socket: blocking, SO_REUSEADDR, never SO_REUSEPORT, IPv6 without IPv4.</summary>
    public static SafeFileHandle ListenTcp(IPEndPoint address, int backlog)
    {
        var socket = BindInternet(address, StreamKind);
        try
        {
            Listen(socket, backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Listens, or changes the backlog of a socket that listens already; 0: the kernel's maximum.</summary>
    public static void Listen(SafeHandle socket, int backlog) =>
        Check(ListenSocket(socket, backlog > 0 ? backlog : int.MaxValue), "listen");

    /// <summary>A listening Unix socket that does not block.</summary>
    public static SafeFileHandle ListenUnix(string path)
    {
        var socket = Own(Check(CreateSocket(UnixFamily, StreamKind | CloseOnExec | NonBlocking, 0), "socket"));
        try
        {
            Bind(socket, new UnixDomainSocketEndPoint(path).Serialize());
            Listen(socket, 64);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A datagram socket in the abstract namespace whose messages tell their sender.</summary>
    /// <param name="name">Without the leading zero.</param>
    public static SafeFileHandle BindNotify(string name)
    {
        var socket = Own(Check(CreateSocket(UnixFamily, DatagramKind | CloseOnExec | NonBlocking, 0), "socket"));
        try
        {
            SetOption(socket, SocketLevel, PassCredentials);
            Bind(socket, new UnixDomainSocketEndPoint("\0" + name).Serialize());
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The socket over which the kernel answers questions about sockets.</summary>
    public static SafeFileHandle OpenSocketDiagnosis() => Own(Check(
        CreateSocket(NetlinkFamily, RawKind | CloseOnExec | NonBlocking, SocketDiagnosisProtocol), "socket"));

    /// <summary>The next connection, not blocking; null: none waits.</summary>
    public static SafeFileHandle? Accept(SafeHandle listener)
    {
        var socket = Accept4(listener, 0, 0, CloseOnExec | NonBlocking);
        return socket >= 0 ? Own(socket) : null;
    }

    /// <summary>Begins to connect without waiting for it; <see cref="ErrorOf"/> tells later how it went.</summary>
    public static unsafe SafeFileHandle BeginConnect(IPEndPoint address)
    {
        var socket = Own(Check(CreateSocket(FamilyOf(address), StreamKind | CloseOnExec | NonBlocking, 0), "socket"));
        var serialized = address.Serialize();
        fixed (byte* start = serialized.Buffer.Span)
        {
            if (ConnectSocket(socket, start, (uint)serialized.Size) == 0
                || Marshal.GetLastPInvokeError() == Errno.InProgress)
            {
                return socket;
            }
        }

        var error = Marshal.GetLastPInvokeError();
        socket.Dispose();
        throw Failure(error, $"connect {address}");
    }

    /// <summary>The pending error of a socket, 0 when there is none.</summary>
    public static unsafe int ErrorOf(SafeHandle socket)
    {
        int error;
        var length = (uint)sizeof(int);
        Check(GetSocketOption(socket, SocketLevel, SocketError, &error, &length), "getsockopt");
        return error;
    }

    public static unsafe IPEndPoint LocalAddressOf(SafeHandle socket)
    {
        var buffer = stackalloc byte[128];
        var length = 128u;
        Check(GetSocketName(socket, buffer, &length), "getsockname");
        var family = buffer[0] == Internet6Family ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        var address = new SocketAddress(family, (int)length);
        new ReadOnlySpan<byte>(buffer, (int)length).CopyTo(address.Buffer.Span);
        return (IPEndPoint)new IPEndPoint(IPAddress.Any, 0).Create(address);
    }

    /// <summary>Two connected stream sockets, both blocking.</summary>
    public static unsafe (SafeFileHandle First, SafeFileHandle Second) CreateSocketPair()
    {
        var ends = stackalloc int[2];
        Check(SocketPair(UnixFamily, StreamKind | CloseOnExec, 0, ends), "socketpair");
        return (Own(ends[0]), Own(ends[1]));
    }

    /// <summary>Sends what fits; a peer that has gone is an error, not a signal.</summary>
    public static unsafe int Send(SafeHandle socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            return Transferred(SendSocket(socket, start, bytes.Length, NoSignal), "send");
        }
    }

    /// <summary>One datagram and the process that sent it; null: none waits.</summary>
    public static unsafe (string Text, int Pid, uint User)? ReceiveNotice(SafeHandle socket)
    {
        const int MostBytes = 4096;
        var bytes = stackalloc byte[MostBytes];

        // Room for the sender and nothing else: descriptors that come along are closed by the kernel.
        const int CredentialsSize = 32;
        var control = stackalloc byte[CredentialsSize];
        var part = new IoVector { Start = bytes, Length = MostBytes };
        var header = new MessageHeader
        {
            Parts = &part,
            PartCount = 1,
            Control = control,
            ControlLength = CredentialsSize,
        };
        var length = Transferred(ReceiveMessage(socket, &header, CloseOnExecMessage), "recvmsg");
        if (length == WouldBlock)
        {
            return null;
        }

        // cmsghdr on 64 bits: length (8), level (4), type (4), then struct ucred: pid, uid, gid.
        var hasCredentials = header.ControlLength >= 28 && *(int*)(control + 12) == CredentialsMessage;
        var (pid, user) = hasCredentials ? (*(int*)(control + 16), *(uint*)(control + 20)) : (0, uint.MaxValue);
        return (Encoding.UTF8.GetString(bytes, length), pid, user);
    }

    private const int CloseOnExecMessage = 0x40000000;

    private static int FamilyOf(IPEndPoint address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? Internet6Family : InternetFamily;

    private static unsafe void SetOption(SafeHandle socket, int level, int option)
    {
        var on = 1;
        Check(SetSocketOption(socket, level, option, &on, sizeof(int)), "setsockopt");
    }

    private static unsafe void Bind(SafeHandle socket, SocketAddress address)
    {
        fixed (byte* start = address.Buffer.Span)
        {
            Check(BindSocket(socket, start, (uint)address.Size), "bind");
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct IoVector
    {
        public byte* Start;
        public nint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct MessageHeader
    {
        public byte* Name;
        public uint NameLength;
        public IoVector* Parts;
        public nint PartCount;
        public byte* Control;
        public nint ControlLength;
        public int Flags;
    }

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    private static partial int CreateSocket(int family, int kind, int protocol);

    [LibraryImport(Library, EntryPoint = "bind", SetLastError = true)]
    private static unsafe partial int BindSocket(SafeHandle socket, byte* address, uint length);

    [LibraryImport(Library, EntryPoint = "listen", SetLastError = true)]
    private static partial int ListenSocket(SafeHandle socket, int backlog);

    [LibraryImport(Library, EntryPoint = "accept4", SetLastError = true)]
    private static partial int Accept4(SafeHandle socket, nint address, nint length, int flags);

    [LibraryImport(Library, EntryPoint = "connect", SetLastError = true)]
    private static unsafe partial int ConnectSocket(SafeHandle socket, byte* address, uint length);

    [LibraryImport(Library, EntryPoint = "socketpair", SetLastError = true)]
    private static unsafe partial int SocketPair(int family, int kind, int protocol, int* ends);

    [LibraryImport(Library, EntryPoint = "getsockname", SetLastError = true)]
    private static unsafe partial int GetSocketName(SafeHandle socket, byte* address, uint* length);

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    private static unsafe partial int SetSocketOption(SafeHandle socket, int level, int option, int* value, uint size);

    [LibraryImport(Library, EntryPoint = "getsockopt", SetLastError = true)]
    private static unsafe partial int GetSocketOption(SafeHandle socket, int level, int option, int* value, uint* size);

    [LibraryImport(Library, EntryPoint = "send", SetLastError = true)]
    private static unsafe partial nint SendSocket(SafeHandle socket, byte* bytes, nint length, int flags);

    [LibraryImport(Library, EntryPoint = "recvmsg", SetLastError = true)]
    private static unsafe partial nint ReceiveMessage(SafeHandle socket, MessageHeader* header, int flags);
}
