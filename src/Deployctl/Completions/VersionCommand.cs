using System.Reflection;
using Slipway.Deployctl.Invocations;
using Slipway.Shared.Artifacts;

namespace Slipway.Deployctl.Completions;

internal sealed class VersionCommand(Shell shell)
    : LeafCommand(shell, "version", "Says which version of deployctl this is.", "deployctl version -o json")
{
    protected override Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var version = typeof(VersionCommand).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        var row = new System.Text.Json.Nodes.JsonObject
        {
            ["version"] = version,
            ["platform"] = Platform.Current.Value,
        };
        invocation.Printer.Done(row, "version", $"deployctl {version} {Platform.Current.Value}");
        return Task.FromResult(ExitCode.Done);
    }
}
