using System.Text;

namespace Tests.Kit.Programs;

/// <summary>The agent's program, built anew as far as anybody can tell.</summary>
public static class AgentBuild
{
    private const string Built = "1.0.0+";

    /// <summary>Writes it into the folder, and gives its path.</summary>
    public static async Task<string> StampAsync(string folder, string version, CancellationToken cancellationToken)
    {
        var content = await File.ReadAllBytesAsync(Published.Agent, cancellationToken);
        var at = content.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Built));
        if (at < 0 || version.Length != Built.Length - 1)
        {
            throw new InvalidOperationException("The program does not say its version as it did.");
        }

        Encoding.UTF8.GetBytes(version).CopyTo(content, at);
        var program = Path.Join(folder, $"agent-{version}");
        await File.WriteAllBytesAsync(program, content, cancellationToken);
        File.SetUnixFileMode(program, File.GetUnixFileMode(Published.Agent));
        return program;
    }
}
