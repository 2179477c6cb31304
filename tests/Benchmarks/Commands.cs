using Tests.Benchmarks.Deploy;
using Tests.Benchmarks.Restart;
using Tests.Benchmarks.Soak;

namespace Tests.Benchmarks;

internal static class Commands
{
    private const string Usage = """
        usage: Tests.Benchmarks deploy [--megabytes N] [--idle-seconds N]
               Tests.Benchmarks soak [--restarts N] [--minutes N]
               Tests.Benchmarks restart [--restarts N] [--idle-seconds N]
               Tests.Benchmarks load URL [--connections N] [--connection-per-request]
        """;

    public static async Task<int> RunAsync(string[] arguments)
    {
        switch (arguments)
        {
            case ["load", ..] when LoadCommand.TryParse(arguments[1..], out var load):
                return await LoadCommand.RunAsync(load);
            case ["deploy", ..] when DeployOptions.TryParse(arguments[1..], out var options):
                return await DeployBenchmark.RunAsync(options);
            case ["soak", ..] when SoakOptions.Parse(arguments[1..]) is { } options:
                return await SoakBenchmark.RunAsync(options);
            case ["restart", ..] when RestartOptions.Parse(arguments[1..]) is { } options:
                return await RestartBenchmark.RunAsync(options);
            default:
                await Console.Error.WriteLineAsync(Usage);
                return 64;
        }
    }
}
