using System.Diagnostics;

namespace Tests.Unit.Deployctl.Completions;

public class CompletionTests
{
    [Theory]
    [InlineData("ro", "rollout")]
    [InlineData("rollout|st", "start,status")]
    [InlineData("rollout|", "abort,list,start,status")]
    [InlineData("rollout|start|--sup", "--supersede")]
    [InlineData("whoami|--output|", "json,table,yaml")]
    [InlineData("log", "login,logout,logs")]
    [InlineData("logs|shop|--stream|", "err,out")]
    [InlineData("completion|z", "zsh")]
    public async Task Words_that_can_come_next_are_offered(string typed, string expected)
    {
        var (exitCode, output, _) = await CommandLine.RunAsync(["complete", "--", .. typed.Split('|')]);

        Assert.Equal(0, exitCode);
        var words = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(word => typed.Contains('-', StringComparison.Ordinal) || !word.StartsWith('-'));
        Assert.Equal(expected, string.Join(',', words.Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Each_shell_gets_a_script_that_asks_this_program(string shell)
    {
        var (exitCode, output, _) = await CommandLine.RunAsync(["completion", shell]);

        Assert.Equal(0, exitCode);
        Assert.Contains("deployctl complete -- ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bash_accepts_its_script()
    {
        var (_, script, _) = await CommandLine.RunAsync(["completion", "bash"]);

        using var bash = Process.Start(new ProcessStartInfo("bash", ["-n"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
        })!;
        await bash.StandardInput.WriteAsync(script);
        bash.StandardInput.Close();
        await bash.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, bash.ExitCode);
    }
}
