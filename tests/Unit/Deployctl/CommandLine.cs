using Slipway.Deployctl;
using Slipway.Deployctl.Output;

namespace Tests.Unit.Deployctl;

/// <summary>Runs deployctl in this process, with nothing of this machine's environment.</summary>
internal static class CommandLine
{
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string[] arguments,
        string input = "",
        IReadOnlyDictionary<string, string>? variables = null)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var settings = variables ?? new Dictionary<string, string>
        {
            ["SLIPWAY_CONFIG"] = "/nonexistent/contexts.json",
        };
        var terminal = new Terminal(new StringReader(input), output, error)
        {
            Variable = name => settings.GetValueOrDefault(name),
        };
        var exitCode = await DeployctlApp.RunAsync(arguments, terminal, TestContext.Current.CancellationToken);
        return (exitCode, output.ToString(), error.ToString());
    }
}
