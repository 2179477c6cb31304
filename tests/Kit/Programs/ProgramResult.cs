using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Tests.Kit.Programs;

/// <summary>A program that has ended.</summary>
public sealed record ProgramResult(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>What it wrote with <c>--output json</c>.</summary>
    public JsonNode Json => JsonNode.Parse(Output)!;

    public ProgramResult Expect(int exitCode) => ExitCode == exitCode ? this : throw new InvalidOperationException(
        $"{Command} ended with {ExitCode}, not {exitCode}.\n{Output}\n{Error}");

    /// <summary>Runs any program to its end.</summary>
    public static async Task<ProgramResult> RunAsync(
        string program,
        string[] arguments,
        IReadOnlyDictionary<string, string> environment,
        CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            var command = $"{Path.GetFileName(program)} {string.Join(' ', arguments)}";
            return new ProgramResult(command, process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
