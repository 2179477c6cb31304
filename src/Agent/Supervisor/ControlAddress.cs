using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor;

/// <summary>
/// Where a supervisor listens: <c>control.sock</c> in its folder, reached through a descriptor of the folder, since
/// the name of a Unix socket has room for 107 bytes only.
/// </summary>
internal sealed class ControlAddress(string folder) : IDisposable
{
    public const string FileName = "control.sock";

    private readonly SafeFileHandle _folder = Libc.Open(folder, Libc.PathOnly);

    public string Path => $"/proc/self/fd/{_folder.DangerousGetHandle()}/{FileName}";

    public UnixDomainSocketEndPoint EndPoint => new(Path);

    public void Dispose() => _folder.Dispose();
}
