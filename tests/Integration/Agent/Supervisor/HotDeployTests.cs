using Slipway.Agent.Deployments;
using Slipway.Agent.Supervisor;
using Tests.Kit.Load;

namespace Tests.Integration.Agent.Supervisor;

/// <summary>Real servers, replaced while they are under load.</summary>
public sealed class HotDeployTests
{
    private static readonly ReadinessSpec Http = new(ReadinessKind.Http) { Path = "/ready" };
    private static readonly ListenSpec Web = new("web", "127.0.0.1:0", 0);

    private const string Psgi =
        """
        my $version = $ENV{SLIPWAY_VERSION};
        sub { [200, ['Content-Type' => 'text/plain'], [$version]] };
        """;

    private const string Wsgi =
        """
        import os
        def app(environ, start_response):
            start_response('200 OK', [('Content-Type', 'text/plain')])
            return [os.environ['SLIPWAY_VERSION'].encode()]
        """;

    /// <summary>Accepts and answers one connection after the other, and notes the paths it was asked for.</summary>
    private const string Simple =
        """
        import os, socket
        s = socket.socket(fileno=3)
        while True:
            c, _ = s.accept()
            data = b''
            while b'\r\n\r\n' not in data:
                part = c.recv(4096)
                if not part:
                    break
                data += part
            if b'\r\n\r\n' in data:
                print(data.split()[1].decode(), flush=True)
                body = os.environ['SLIPWAY_VERSION'].encode()
                status = os.environ.get('STATUS', '200').encode()
                head = b'HTTP/1.1 %s X\r\nConnection: close\r\nContent-Length: %d\r\n\r\n'
                c.sendall(head % (status, len(body)) + body)
            c.close()
        """;

    [Theory(Timeout = 300_000)]
    [InlineData("starlet", 10)]
    [InlineData("gunicorn", 3)]
    public async Task Deploying_again_and_again_under_load_fails_no_request(string server, int times)
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add("app.psgi", Psgi);
        workload.Add("app.py", Wsgi);
        string[] command = server == "starlet"
            ? ["plackup", "-s", "Starlet", "--max-workers", "4", "-E", "production", "app.psgi"]
            : ["/usr/bin/gunicorn", "--workers", "2", "--worker-tmp-dir", "/dev/shm", "app:app"];
        var spec = workload.Spec(command, Http, Web);
        await workload.DeployAsync("v0", spec with { Version = "v0" });
        await using var load = LoadGenerator.Start(
            new LoadOptions(await workload.AddressAsync()) { KeepAlive = false, Pause = TimeSpan.FromMilliseconds(2) });
        await load.AnsweredAsync("v0", TestContext.Current.CancellationToken);

        for (var i = 1; i <= times; i++)
        {
            await workload.DeployAsync($"v{i}", spec with { Version = $"v{i}" });
            await load.AnsweredAsync($"v{i}", TestContext.Current.CancellationToken);
            await workload.PhaseAsync($"v{i - 1}", GenerationPhase.Ended);
        }

        var report = await load.StopAsync();
        TestContext.Current.SendDiagnosticMessage(report.ToString());
        Assert.True(report.Failed == 0, report.ToString());
        Assert.Equal(times + 1, report.Answers.Count);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("sleeps")]
    [InlineData("answers 503")]
    public async Task An_old_generation_that_answers_makes_no_new_one_ready(string kind)
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add("simple.py", Simple);
        var good = workload.Spec(["/usr/bin/python3", "simple.py"], Http, Web);
        var bad = kind == "sleeps"
            ? workload.Spec(["sleep", "1000"], Http with { Path = "/rival" }, Web)
            : workload.Spec(["/usr/bin/python3", "simple.py"], Http with { Path = "/rival" }, Web) with
            {
                Environment = new Dictionary<string, string> { ["STATUS"] = "503" },
            };
        var old = await workload.DeployAsync("old", good);

        await workload.StartAsync(
            "bad", bad with { Server = bad.Server with { StartTimeout = TimeSpan.FromSeconds(3) } });
        var failed = await workload.UntilAsync(
            "bad", generation => generation.Phase is GenerationPhase.Failed or GenerationPhase.Ready);
        var after = await workload.PhaseAsync("old", GenerationPhase.Current);

        Assert.Equal(GenerationEnd.NotReady, failed.End);
        Assert.Contains(
            kind == "sleeps" ? "earlier generation" : "answered 503", failed.Detail, StringComparison.Ordinal);
        Assert.Equal(old.Pid, after.Pid);
        Assert.DoesNotContain("/rival", after.Output, StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("Http")]
    [InlineData("Tcp")]
    public async Task A_new_generation_gets_its_turn_beside_an_old_one(string kind)
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add("simple.py", Simple);
        var readiness = new ReadinessSpec(Enum.Parse<ReadinessKind>(kind));
        var spec = workload.Spec(["/usr/bin/python3", "simple.py"], readiness, Web);

        for (var i = 0; i < 4; i++)
        {
            await workload.DeployAsync($"v{i}", spec);
        }

        var state = await workload.Client.StateAsync(TestContext.Current.CancellationToken);
        Assert.Equal("v3", state.Generations.Single(generation => generation.Phase == GenerationPhase.Current).Ticket);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_server_that_defers_accepting_is_ready_by_TCP()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add("app.psgi", Psgi);
        string[] command = ["plackup", "-s", "Starlet", "--max-workers", "2", "-E", "production", "app.psgi"];
        var spec = workload.Spec(command, new ReadinessSpec(ReadinessKind.Tcp), Web);

        await workload.DeployAsync("v0", spec);
        var second = await workload.DeployAsync("v1", spec);

        Assert.Equal(GenerationPhase.Current, second.Phase);
    }
}
