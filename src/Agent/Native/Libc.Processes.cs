using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Slipway.Agent.Native;

internal static partial class Libc
{
    public const int SignalHangUp = 1;
    public const int SignalInterrupt = 2;
    public const int SignalQuit = 3;
    public const int SignalKill = 9;
    public const int SignalUser1 = 10;
    public const int SignalUser2 = 12;
    public const int SignalPipe = 13;
    public const int SignalAlarm = 14;
    public const int SignalTerminate = 15;
    public const int SignalChild = 17;
    public const int LimitOfFiles = 7;

    private const int PidfdSendSignal = 424;
    private const int PidfdOpen = 434;
    private const int PidfdGetFd = 438;
    private const int ByNumber = 1;
    private const int ByPidfd = 3;
    private const int NoHang = 1;
    private const int Exited = 4;
    private const int LeaveWaitable = 0x01000000;
    private const int SetName = 15;
    private const nuint StartedPath = 31; // AT_EXECFN

    /// <summary>The user on whose behalf this process acts.</summary>
    public static uint CurrentUser => GetEffectiveUser();

    /// <summary>What ps and pkill call this process; to be called by its first thread.</summary>
    public static unsafe void NameProcess(ReadOnlySpan<byte> terminatedName)
    {
        fixed (byte* name = terminatedName)
        {
            Check(ProcessControl(SetName, (nuint)name, 0, 0, 0), "prctl");
        }
    }

    /// <summary>A descriptor of the process, readable once it has ended; null: there is no such process.</summary>
    public static SafeFileHandle? OpenProcess(int pid)
    {
        var descriptor = (int)Syscall(PidfdOpen, pid, 0, 0, 0);
        if (descriptor >= 0)
        {
            return Own(descriptor);
        }

        var error = Marshal.GetLastPInvokeError();
        return error == Errno.NoProcess ? null : throw Failure(error, "pidfd_open");
    }

    /// <summary>Signals the very process that the descriptor stands for; false: it has ended.</summary>
    public static bool SendSignal(SafeHandle process, int signal) =>
        Succeeded(Syscall(PidfdSendSignal, Number(process), signal, 0, 0), "pidfd_send_signal");

    /// <summary>Signals a process group; false: it has no member.</summary>
    public static bool SendGroupSignal(int group, int signal) => Succeeded(Kill(-group, signal), "kill");

    /// <summary>A copy of another process's descriptor; null: it has no such descriptor any more.</summary>
    public static SafeFileHandle? TakeDescriptor(SafeHandle process, int number)
    {
        var descriptor = (int)Syscall(PidfdGetFd, Number(process), number, 0, 0);
        return descriptor >= 0 ? Own(descriptor) : null;
    }

    /// <summary>How a child ended; null: it lives, or it is not this process's child.</summary>
    /// <param name="process">The child.</param>
    /// <param name="reap">False: it stays a zombie, so that nobody else can get its number.</param>
    public static unsafe ChildEnd? WaitForChild(SafeHandle process, bool reap)
    {
        var info = stackalloc int[32];
        var options = Exited | NoHang | (reap ? 0 : LeaveWaitable);
        if (WaitId(ByPidfd, Number(process), info, options) < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error == Errno.NoChild ? null : throw Failure(error, "waitid");
        }

        // siginfo_t of SIGCHLD: signo, errno, code, padding, pid, uid, status.
        return info[4] == 0 ? null : new ChildEnd(IsSignal: info[2] != 1, Status: info[6], HasCore: info[2] == 3);
    }

    /// <summary>Kills a child that nobody waits for, and waits for it.</summary>
    public static unsafe void EndChild(int pid)
    {
        _ = Kill(pid, SignalKill);
        var info = stackalloc int[32];
        while (WaitId(ByNumber, pid, info, Exited) < 0 && Marshal.GetLastPInvokeError() == Errno.Interrupted)
        {
            // A signal came first.
        }
    }

    /// <summary>Sets this process's soft limit of open files.</summary>
    public static unsafe void SetFileLimit(ulong soft)
    {
        var limits = stackalloc ulong[2];
        Check(PrLimit(0, LimitOfFiles, wanted: null, limits), "prlimit");
        limits[0] = Math.Min(soft, limits[1]);
        Check(PrLimit(0, LimitOfFiles, limits, previous: null), "prlimit");
    }

    /// <summary>Limits what this process may use, softly and hard alike; -1: not at all.</summary>
    public static unsafe void SetLimit(int resource, long limit)
    {
        var limits = stackalloc ulong[2];
        limits[0] = limits[1] = unchecked((ulong)limit);
        Check(PrLimit(0, resource, limits, previous: null), "prlimit");
    }

    /// <summary>Ends this process, also as what it becomes by an exec, when the time is over; zero: never.</summary>
    public static void SetAlarm(TimeSpan time) => _ = Alarm((uint)Math.Ceiling(time.TotalSeconds));

    /// <summary>The path that this process's program was started by; null: the kernel did not tell.</summary>
    public static string? StartedAs() => Marshal.PtrToStringUTF8(Auxiliary(StartedPath));

    public static void ChangeFolder(string path) => Check(Chdir(path), $"chdir {path}");

    /// <summary>Becomes another program; returns only by an exception.</summary>
    /// <param name="path">The program.</param>
    /// <param name="arguments">Its name first.</param>
    /// <param name="environment">NAME=VALUE.</param>
    /// <param name="last">Done when nothing more needs memory: what limits memory.</param>
    public static unsafe void Execute(
        string path, IEnumerable<string> arguments, IEnumerable<string> environment, Action last)
    {
        using var texts = new NativeTexts();
        var program = texts.Add(path);
        var words = texts.Add(arguments);
        var variables = texts.Add(environment);
        last();
        Check(ExecVe(program, words, variables), $"exec {path}");
    }

    private static bool Succeeded(long result, string call)
    {
        if (result >= 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == Errno.NoProcess ? false : throw Failure(error, call);
    }

    /// <summary>For calls by number. The caller owns the handle for longer than the call.</summary>
    private static int Number(SafeHandle handle) => (int)handle.DangerousGetHandle();

    [LibraryImport(Library, EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial long Syscall(long number, long first, long second, long third, long fourth);

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    [LibraryImport(Library, EntryPoint = "waitid", SetLastError = true)]
    private static unsafe partial int WaitId(int kind, int id, int* info, int options);

    [LibraryImport(Library, EntryPoint = "prlimit64", SetLastError = true)]
    private static unsafe partial int PrLimit(int pid, int resource, ulong* wanted, ulong* previous);

    [LibraryImport(Library, EntryPoint = "getauxval")]
    private static partial nint Auxiliary(nuint kind);

    [LibraryImport(Library, EntryPoint = "alarm")]
    private static partial uint Alarm(uint seconds);

    [LibraryImport(Library, EntryPoint = "chdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Chdir(string path);

    [LibraryImport(Library, EntryPoint = "execve", SetLastError = true)]
    private static unsafe partial int ExecVe(byte* path, byte** arguments, byte** environment);

    /// <summary>C strings and arrays of them, until disposed.</summary>
    private sealed unsafe class NativeTexts : IDisposable
    {
        private readonly List<nint> _blocks = [];

        public byte* Add(string text)
        {
            var length = Encoding.UTF8.GetByteCount(text);
            var block = (byte*)NativeMemory.AllocZeroed((nuint)length + 1);
            _blocks.Add((nint)block);
            Encoding.UTF8.GetBytes(text, new Span<byte>(block, length));
            return block;
        }

        public byte** Add(IEnumerable<string> texts)
        {
            var all = texts.ToArray();
            var block = (byte**)NativeMemory.AllocZeroed((nuint)all.Length + 1, (nuint)sizeof(byte*));
            _blocks.Add((nint)block);
            for (var i = 0; i < all.Length; i++)
            {
                block[i] = Add(all[i]);
            }

            return block;
        }

        public void Dispose()
        {
            foreach (var block in _blocks)
            {
                NativeMemory.Free((void*)block);
            }
        }
    }
}

/// <summary>How a process ended: by which signal, or with which exit code.</summary>
internal readonly record struct ChildEnd(bool IsSignal, int Status, bool HasCore = false)
{
    private const int CoreFlag = 0x80;

    /// <summary>The same as wait(2) says it.</summary>
    public int WaitStatus => IsSignal ? Status | (HasCore ? CoreFlag : 0) : Status << 8;
}
