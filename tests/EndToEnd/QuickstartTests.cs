using Tests.Kit.Programs;

namespace Tests.EndToEnd;

public class QuickstartTests
{
    [Fact(Timeout = 600_000)]
    public async Task The_quickstart_ends_without_a_failed_request()
    {
        var result = await ProgramResult.RunAsync(
            Path.Join(Published.Root, "deploy/quickstart.sh"),
            ["--exit"],
            new Dictionary<string, string> { ["NO_COLOR"] = "1" },
            TestContext.Current.CancellationToken);

        result.Expect(0);
        Assert.Contains(" 0 failed", result.Output, StringComparison.Ordinal);
        Assert.Contains("hello 1.1.0 from", result.Output, StringComparison.Ordinal);
    }
}
