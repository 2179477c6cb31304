using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Tests.Kit.Load;

namespace Tests.Benchmarks;

/// <summary>Keeps one address busy until it is told to stop, and fails if any request failed.</summary>
internal static class LoadCommand
{
    public static bool TryParse(string[] arguments, [NotNullWhen(true)] out LoadOptions? options)
    {
        options = null;
        if (arguments is not [var address, .. var rest]
            || !Uri.TryCreate(address, UriKind.Absolute, out var url)
            || !IPAddress.TryParse(url.Host, out var host))
        {
            return false;
        }

        var parsed = new LoadOptions(new IPEndPoint(host, url.Port)) { Path = url.PathAndQuery };
        while (rest.Length > 0)
        {
            switch (rest)
            {
                case ["--connections", var count, ..]
                    when int.TryParse(count, CultureInfo.InvariantCulture, out var number) && number > 0:
                    parsed = parsed with { Connections = number };
                    rest = rest[2..];
                    break;
                case ["--connection-per-request", ..]:
                    parsed = parsed with { KeepAlive = false };
                    rest = rest[1..];
                    break;
                default:
                    return false;
            }
        }

        options = parsed;
        return true;
    }

    public static async Task<int> RunAsync(LoadOptions options)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.TrySetResult();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        await using var load = LoadGenerator.Start(options);
        await stop.Task;

        var report = await load.StopAsync();
        await Console.Out.WriteLineAsync(report.ToString());
        return report.Failed == 0 ? 0 : 1;
    }
}
