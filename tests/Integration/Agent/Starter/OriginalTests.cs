using Slipway.Agent.Native;

namespace Tests.Integration.Agent.Starter;

/// <summary>What a user of the original sees of ours is what he knows.</summary>
public sealed class OriginalTests
{
    public static TheoryData<string[]> OptionLists =>
    [
        new[] { "--port=127.0.0.1:0" },
        new[] { "--port", "0", "-port=[::1]:0", "--PORT=localhost:0" },
        new[] { "--port=127.0.0.1:0=21" },
        new[] { "--port=127.0.0.1:u0" },
        new[] { "--path=FOLDER/a.sock", "--port=0", "--path=FOLDER/b.sock" },
        new[] { "--dir=/usr/share" },
        new[] { "--envdir=FOLDER/env", "--kill-old=1" },
        new[] { "--signal-on-hup=sigusr1", "--signal-on-term=USR2" },
        new[] { "--enable-auto-restart", "--kill-old-delay=0", "--auto-restart-interval=100" },
        new[] { "--enable-auto-restart", "--kill-old-delay=0" },
    ];

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(OptionLists))]
    public async Task The_same_options_give_the_same_environment_log_and_files(string[] options)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var stories = await Task.WhenAll(
            TellAsync(isOriginal: true, options, cancellation), TellAsync(isOriginal: false, options, cancellation));

        Assert.Equal(stories[0], stories[1]);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("--version")]
    [InlineData("-s", "x")]
    [InlineData("--enable-auto-restart=1", "x")]
    [InlineData("--nonsense", "x")]
    [InlineData("--interval=x", "x")]
    [InlineData("--port")]
    public async Task Command_lines_that_start_nothing_say_the_same(params string[] arguments)
    {
        await using var original = new StartServer(TestContext.Current.CancellationToken, isOriginal: true);
        await using var ours = new StartServer(TestContext.Current.CancellationToken);

        var expected = await original.RunAsync(arguments);
        var result = await ours.RunAsync(arguments);

        Assert.Equal((expected.ExitCode, expected.Output, expected.Error),
            (result.ExitCode, result.Output, result.Error));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_worker_that_fails_to_start_is_tried_again_in_the_same_words()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var stories = await Task.WhenAll(
            FailAsync(isOriginal: true, cancellation), FailAsync(isOriginal: false, cancellation));

        Assert.Equal(stories[0], stories[1]);
    }

    [Fact(Timeout = 180_000)]
    public async Task All_options_of_the_original_stand_in_the_help()
    {
        await using var original = new StartServer(TestContext.Current.CancellationToken, isOriginal: true);
        await using var ours = new StartServer(TestContext.Current.CancellationToken);

        var expected = await original.RunAsync("--help");
        var help = (await ours.RunAsync("--help")).Output;

        var words = expected.Output.Split('\n')
            .Select(line => line.Trim())
            .Where(line => line.StartsWith("--", StringComparison.Ordinal))
            .Select(line => line.TrimEnd(':'));
        Assert.All(words, word => Assert.Contains(word, help, StringComparison.Ordinal));
    }

    /// <summary>One restart and the end.</summary>
    private static async Task<string> TellAsync(
        bool isOriginal, string[] options, CancellationToken cancellationToken)
    {
        await using var server = new StartServer(cancellationToken, isOriginal);
        server.Add("env/FROM_FILE", "of a file\nnot this\n");
        server.Add("env/.FROM_HIDDEN", "1");
        server.Add("env/FROM_EMPTY", "");

        server.Start([.. options.Select(option => option.Replace("FOLDER", server.Folder, StringComparison.Ordinal))]);
        var first = await server.NoteAsync(1);
        await server.ServingAsync(1);
        server.Signal(Libc.SignalHangUp);
        await server.ServingAsync(2);
        var second = await server.NoteAsync(2);
        var status = await File.ReadAllTextAsync(server.StatusFile, cancellationToken);
        server.Signal(Libc.SignalTerminate);
        var exitCode = await server.ExitAsync();

        var files = Directory.GetFiles(server.Folder)
            .Select(path => Path.GetFileName(path)).Where(name => name != "start_server").Order();
        return server.Normalize(
            $"{first}{second}{status}{exitCode}\n{server.Output}\n{string.Join(',', files)}");
    }

    private static async Task<string> FailAsync(bool isOriginal, CancellationToken cancellationToken)
    {
        await using var server = new StartServer(cancellationToken, isOriginal);
        server.Add("fail.1", "");
        server.Add("fail.2", "");

        server.Start("--interval=3"); // Long enough for a worker to fail in, however busy the machine is.
        await server.ServingAsync(3);
        server.Signal(Libc.SignalKill, int.Parse(
            (await File.ReadAllTextAsync(server.StatusFile, cancellationToken)).Trim()[2..],
            System.Globalization.CultureInfo.InvariantCulture));
        await server.ServingAsync(4);
        server.Signal(Libc.SignalInterrupt);

        return $"{await server.ExitAsync()}\n{server.Normalize(server.Output)}";
    }
}
