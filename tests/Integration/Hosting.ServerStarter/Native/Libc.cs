using System.Runtime.InteropServices;

namespace Tests.Integration.Hosting.ServerStarter.Native;

internal static partial class Libc
{
    /// <summary>A second descriptor of the same socket, as a child process would inherit.</summary>
    [LibraryImport("libc", EntryPoint = "dup", SetLastError = true)]
    public static partial int Duplicate(int descriptor);
}
