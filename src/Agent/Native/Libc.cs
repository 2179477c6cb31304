using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Slipway.Agent.Native;

/// <summary>The agent's system calls: safe types in and out, <see cref="Win32Exception"/> when one fails.</summary>
internal static partial class Libc
{
    /// <summary>What a read or write on a non-blocking descriptor answers when it would have had to wait.</summary>
    public const int WouldBlock = -1;

    private const string Library = "libc";

    private static int Check(int result, string call) =>
        result >= 0 ? result : throw Failure(Marshal.GetLastPInvokeError(), call);

    private static Win32Exception Failure(int error, string call) =>
        new(error, $"{call}: {Marshal.GetPInvokeErrorMessage(error)}");

    private static int Transferred(nint result, string call)
    {
        if (result >= 0)
        {
            return (int)result;
        }

        var error = Marshal.GetLastPInvokeError();
        return error is Errno.Again or Errno.Interrupted ? WouldBlock : throw Failure(error, call);
    }
}

/// <summary>The error numbers that somebody branches on; the same on x64 and arm64.</summary>
internal static class Errno
{
    public const int NoProcess = 3;
    public const int Interrupted = 4;
    public const int NoChild = 10;
    public const int Again = 11;
    public const int NotExecutable = 8;
    public const int NoAccess = 13;
    public const int NoEntry = 2;
    public const int NotFolder = 20;
    public const int Busy = 16;
    public const int InUse = 98;
    public const int InProgress = 115;
    public const int ConnectionRefused = 111;
    public const int CrossDevice = 18;
    public const int Invalid = 22;
    public const int NotImplemented = 38;
}
