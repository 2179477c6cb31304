using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Slipway.Agent.Native;

namespace Slipway.Agent.Starter;

/// <summary>
/// --daemonize: this runtime cannot fork, so the program is started once more, in a session of its own, and this
/// process waits until that one has a pid file and a worker.
/// </summary>
internal static class StarterDaemon
{
    /// <returns>0: the first worker is up.</returns>
    public static int Start(StarterCall call, Action<string> say)
    {
        var (reader, writer) = Libc.CreatePipe();
        using (reader)
        {
            int pid;
            using (writer)
            using (var nothing = Libc.Open("/dev/null", Libc.ReadOnly))
            {
                var report = Libc.InheritableDescriptors().Append(2).Max() + 1;
                string[] orders = [StarterRole.Begin, report.ToString(CultureInfo.InvariantCulture)];
                pid = Libc.Spawn(new SpawnOrder(
                    StarterCall.FindProgram(), call.Words(), StarterCall.EnvironmentWith(orders))
                {
                    Descriptors = new Dictionary<int, SafeHandle> { [0] = nothing, [report] = writer },
                    KeepsOthers = true,
                    BlockedSignals = StarterSignals.All,
                });
            }

            Libc.SetBlocking(reader, blocking: true);
            return Judge(pid, ReadAll(reader), say);
        }
    }

    private static int Judge(int pid, byte[] report, Action<string> say)
    {
        switch (report)
        {
            case [StarterReport.Up, ..]:
                return 0;
            case [StarterReport.NotUp, .. var why]:
                say($"the first worker did not start: {Encoding.UTF8.GetString(why)}");
                say($"start_server (pid:{pid}) goes on trying; see its log, or stop it");
                return 1;
            default:
                return 1; // It ended, and has said why where this process would have.
        }
    }

    private static byte[] ReadAll(SafeHandle reader)
    {
        var bytes = new List<byte>();
        Span<byte> buffer = stackalloc byte[1024];
        while (true)
        {
            var length = Libc.Read(reader, buffer);
            if (length == 0)
            {
                return [.. bytes];
            }

            bytes.AddRange(buffer[..Math.Max(0, length)]);
        }
    }
}
