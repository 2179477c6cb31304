using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Slipway.Agent.Native;

internal static partial class Libc
{
    public const uint Readable = 1;
    public const uint Writable = 4;

    private const int EpollAdd = 1;
    private const int EpollRemove = 2;
    private const int EpollChange = 3;
    private const int MostEvents = 64;

    // struct epoll_event is packed on x64 and on nothing else.
    private static readonly bool IsPacked = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly int EventSize = IsPacked ? 12 : 16;
    private static readonly int KeyOffset = IsPacked ? 4 : 8;

    public static SafeFileHandle CreateEpoll() => Own(Check(EpollCreate(CloseOnExec), "epoll_create1"));

    public static SafeFileHandle CreateEvent() => Own(Check(EventFd(0, CloseOnExec | NonBlocking), "eventfd"));

    public static void AddToEpoll(SafeHandle epoll, SafeHandle file, uint events, long key) =>
        ControlEpoll(epoll, EpollAdd, file, events, key);

    public static void ChangeInEpoll(SafeHandle epoll, SafeHandle file, uint events, long key) =>
        ControlEpoll(epoll, EpollChange, file, events, key);

    public static void RemoveFromEpoll(SafeHandle epoll, SafeHandle file) =>
        ControlEpoll(epoll, EpollRemove, file, 0, 0);

    /// <summary>Waits until something is ready and adds the keys of what is.</summary>
    /// <param name="epoll">The descriptor of <see cref="CreateEpoll"/>.</param>
    /// <param name="keys">Is emptied first.</param>
    /// <param name="timeout">Null: without limit.</param>
    public static unsafe void WaitForEpoll(SafeHandle epoll, List<long> keys, TimeSpan? timeout)
    {
        keys.Clear();
        var events = stackalloc byte[MostEvents * 16];
        var milliseconds = timeout is { } limit
            ? (int)Math.Clamp(Math.Ceiling(limit.TotalMilliseconds), 0, int.MaxValue)
            : -1;
        var count = EpollWait(epoll, events, MostEvents, milliseconds);
        if (count < 0 && Marshal.GetLastPInvokeError() != Errno.Interrupted)
        {
            throw Failure(Marshal.GetLastPInvokeError(), "epoll_wait");
        }

        for (var i = 0; i < count; i++)
        {
            var key = new ReadOnlySpan<byte>(events + (i * EventSize) + KeyOffset, 8);
            keys.Add(BinaryPrimitives.ReadInt64LittleEndian(key));
        }
    }

    private static unsafe void ControlEpoll(SafeHandle epoll, int operation, SafeHandle file, uint events, long key)
    {
        var entry = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(entry, 4), events);
        BinaryPrimitives.WriteInt64LittleEndian(new Span<byte>(entry + KeyOffset, 8), key);
        Check(EpollControl(epoll, operation, file, entry), "epoll_ctl");
    }

    [LibraryImport(Library, EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate(int flags);

    [LibraryImport(Library, EntryPoint = "epoll_ctl", SetLastError = true)]
    private static unsafe partial int EpollControl(SafeHandle epoll, int operation, SafeHandle file, byte* entry);

    [LibraryImport(Library, EntryPoint = "epoll_wait", SetLastError = true)]
    private static unsafe partial int EpollWait(SafeHandle epoll, byte* events, int most, int timeout);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFd(uint initial, int flags);
}
