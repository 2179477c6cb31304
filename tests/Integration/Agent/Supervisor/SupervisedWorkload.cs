using Slipway.Agent.Cgroups;
using Slipway.Agent.Deployments;
using Slipway.Agent.Logs;
using Slipway.Agent.Supervisor;

namespace Tests.Integration.Agent.Supervisor;

/// <summary>A supervisor, started as a program of its own, with its folder; it is stopped with the test.</summary>
internal sealed class SupervisedWorkload : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(45);
    private readonly TemporaryFolder _folder = new();

    public static string Program => Path.Combine(AppContext.BaseDirectory, "Slipway.Agent");

    public string Folder
    {
        get => field ?? _folder.In("supervisor");
        init;
    }

    public string Release => _folder.Path;

    public string LogFolder => Path.Combine(Folder, LogSpec.FolderName);

    public required SupervisorClient Client { get; set; }

    public static async Task<SupervisedWorkload> StartAsync(CancellationToken cancellationToken)
    {
        var workload = new SupervisedWorkload { Client = null! };
        workload.Client = await workload.EnsureRunningAsync(cancellationToken);
        return workload;
    }

    public Task<SupervisorClient> EnsureRunningAsync(CancellationToken cancellationToken) =>
        new SupervisorProcess(Program, TimeProvider.System).EnsureRunningAsync(Folder, cancellationToken);

    /// <summary>A file of the release.</summary>
    public string Add(string name, string content)
    {
        var path = _folder.In(name);
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    public GenerationSpec Spec(IReadOnlyList<string> command, ReadinessSpec readiness, params ListenSpec[] listen) =>
        new(
            "1.0.0",
            Release,
            new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
            new ServerSpec
            {
                Command = command,
                Listen = listen,
                Readiness = readiness,
                StartTimeout = TimeSpan.FromSeconds(20),
                StopGrace = TimeSpan.FromSeconds(10),
            });

    public async Task<GenerationState> StartAsync(string ticket, GenerationSpec spec) =>
        Of(await Client.StartAsync(ticket, spec, TestContext.Current.CancellationToken), ticket);

    public Task<GenerationState> PhaseAsync(string ticket, params GenerationPhase[] phases) =>
        UntilAsync(ticket, generation => phases.Contains(generation.Phase));

    /// <summary>The first state of a generation that satisfies the condition.</summary>
    public async Task<GenerationState> UntilAsync(string ticket, Func<GenerationState, bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        GenerationState? last = null;
        try
        {
            await foreach (var state in Client.WatchAsync(limit.Token))
            {
                last = state.Generations.FirstOrDefault(generation => generation.Ticket == ticket);
                if (last is not null && condition(last))
                {
                    return last;
                }
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Not within {Limit}: {last}");
        }

        throw new InvalidOperationException($"The supervisor ended: {last}; {Log}");
    }

    /// <summary>Starts a generation, waits until it is ready, and makes it the current one.</summary>
    public async Task<GenerationState> DeployAsync(string ticket, GenerationSpec spec)
    {
        await StartAsync(ticket, spec);
        var ready = await PhaseAsync(ticket, GenerationPhase.Ready, GenerationPhase.Failed);
        Assert.True(ready.Phase == GenerationPhase.Ready, ready.ToString());
        return Of(await Client.PromoteAsync(ticket, TestContext.Current.CancellationToken), ticket);
    }

    public async Task<System.Net.IPEndPoint> AddressAsync(int index = 0)
    {
        var state = await Client.StateAsync(TestContext.Current.CancellationToken);
        return System.Net.IPEndPoint.Parse(state.Listen[index].Address);
    }

    /// <summary>All that its programs have said.</summary>
    public IReadOnlyList<LogLine> ReadLog()
    {
        using var reader = new LogReader(LogFolder);
        var lines = new List<LogLine>();
        LogSlice slice;
        do
        {
            slice = reader.Read();
            lines.AddRange(slice.Lines);
        }
        while (!slice.IsAtEnd);

        return lines;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(Limit);
            await Client.ShutdownAsync(limit.Token);
        }
        catch (Slipway.Shared.Rpc.ProblemException)
        {
            // It ended before.
        }

        CgroupTree.Find()?.Sweep(CgroupName.Of(Folder), new HashSet<string>());
        _folder.Dispose();
    }

    private string Log => File.ReadAllText(Path.Combine(Folder, SupervisorLog.Name));

    private static GenerationState Of(SupervisorState state, string ticket) =>
        state.Generations.Single(generation => generation.Ticket == ticket);
}
