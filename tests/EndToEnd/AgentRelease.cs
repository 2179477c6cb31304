using System.Text;
using Tests.Kit.Programs;

namespace Tests.EndToEnd;

/// <summary>Releases of the agent itself.</summary>
/// <param name="root">Where their files are put.</param>
internal sealed class AgentRelease(string root)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The agent's program, built anew as far as anybody can tell.</summary>
    public Task<string> OfVersionAsync(string version) => AgentBuild.StampAsync(root, version, Cancellation);

    /// <summary>A program that is a script.</summary>
    public Task<string> OfScriptAsync(string script) =>
        WriteAsync($"script-{Guid.NewGuid():N}", Encoding.UTF8.GetBytes($"#!/bin/sh\n{script}\n"));

    public async Task<string> WriteAsync(string name, byte[] program)
    {
        var path = Path.Join(root, name);
        await File.WriteAllBytesAsync(path, program, Cancellation);
        File.SetUnixFileMode(path, File.GetUnixFileMode(Published.Agent));
        return path;
    }

    /// <summary>The archive of the release, as docs/operations.md wants it.</summary>
    public Task<string> PackAsync(string version, string program)
    {
        var folder = new ReleaseFolder(Path.Join(root, $"agent-release-{version}"));
        File.Copy(program, Path.Join(folder.Folder, "slipway-agent"));
        return folder.PackAsync(folder.Folder + ".tar.gz", Cancellation);
    }

    /// <summary>The manifest of docs/operations.md, but for the times and what starts a rollout.</summary>
    public static async Task<string> ManifestAsync(string confirmTimeout)
    {
        var page = await File.ReadAllTextAsync(Path.Join(Published.Root, "docs/operations.md"), Cancellation);
        var begin = page.IndexOf("kind: Application\nname: slipway-agent\n", StringComparison.Ordinal);
        return page[begin..page.IndexOf("```", begin, StringComparison.Ordinal)]
            .Replace("agent: {}", $"agent: {{ confirm_timeout: {confirmTimeout} }}", StringComparison.Ordinal)
            .Replace("strategy:", "policy: { mode: auto }\nstrategy:", StringComparison.Ordinal)
            .Replace("bake: 1m", "bake: 1s", StringComparison.Ordinal);
    }
}
