using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Slipway.Agent.Cgroups;
using Slipway.Agent.Deployments;
using Slipway.Agent.Runtimes.Assets;
using Slipway.Agent.Runtimes.Server;
using Slipway.Agent.Supervisor;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Rpc;

namespace Tests.Integration.Agent.Deployments;

/// <summary>
/// A state folder with an engine on it, which may be ended and begun anew; supervisors end with the test.
/// </summary>
internal sealed class EngineHost : IAsyncDisposable
{
    public const string Server = """
        #!/usr/bin/python3
        import http.server, os, socket
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = (os.environ["SLIPWAY_VERSION"] + " " + str(os.getpid())).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *args):
                pass
        server = http.server.HTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
        server.socket = socket.socket(fileno=int(os.environ["SERVER_STARTER_PORT"].split("=")[-1]))
        server.serve_forever()
        """;

    public static readonly string Program = Path.Combine(AppContext.BaseDirectory, "Slipway.Agent");

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly AssetsPauses LookOften = new(
        TimeSpan.FromMilliseconds(20), TimeSpan.Zero, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private ulong _revision;

    public static WorkloadKey Key { get; } = new("shop", "production");

    public TestSource Source { get; } = new();

    public DeploymentEngine Engine { get; private set; } = null!;

    public string WorkloadFolder => _folder.In("workloads", Key.Application, Key.Environment);

    public string Current => new DirectoryInfo(Path.Combine(WorkloadFolder, "current")).LinkTarget ?? "";

    public SupervisorClient Supervisor => new(Path.Combine(WorkloadFolder, "supervisor"), TimeProvider.System);

    public string StateFolder => _folder.Path;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<EngineHost> StartAsync()
    {
        var host = new EngineHost();
        await host.BeginAsync();
        return host;
    }

    /// <summary>A release whose program is the script, put where the engine can fetch it.</summary>
    public Workload Release(int generation, string script, Func<ServerSpec, ServerSpec>? change = null) =>
        Release(generation, Pack(tar => tar.WriteEntry(Entry("run", script))), change);

    public Workload Release(int generation, byte[] archive, Func<ServerSpec, ServerSpec>? change = null)
    {
        var digest = Digest.FromHash(SHA256.HashData(archive));
        Source.Add(digest, archive);
        var spec = new ServerSpec
        {
            Command = ["./run"],
            Listen = [new("http", "127.0.0.1:0", 128)],
            Readiness = new(ReadinessKind.Http),
            StartTimeout = TimeSpan.FromSeconds(30),
            StopGrace = TimeSpan.FromSeconds(5),
        };
        return new(
            Key,
            (ulong)generation,
            $"deployment-{generation}",
            $"1.{generation}.0",
            new(digest, archive.Length, "shop.tar.gz", $"/v1/blobs/{digest}"),
            change?.Invoke(spec) ?? spec);
    }

    /// <summary>A release of static files: <c>index.html</c> with the text, and what else is put in.</summary>
    public Workload Files(int generation, string text, AssetsSpec spec, params (string Name, string Text)[] others) =>
        Release(generation, Pack(tar =>
        {
            tar.WriteEntry(Entry("index.html", text));
            foreach (var (name, content) in others)
            {
                tar.WriteEntry(Entry(name, content));
            }
        })) with
        {
            Assets = spec,
        };

    public static byte[] Pack(Action<TarWriter> fill)
    {
        using var memory = new MemoryStream();
        using (var packed = new GZipStream(memory, CompressionLevel.Fastest))
        using (var tar = new TarWriter(packed, TarEntryFormat.Pax))
        {
            fill(tar);
        }

        return memory.ToArray();
    }

    public static PaxTarEntry Entry(string name, string content) => new(TarEntryType.RegularFile, name)
    {
        DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)),
        Mode = (UnixFileMode)0b111_101_101,
    };

    public Task AcceptAsync(params Workload[] workloads) =>
        Engine.AcceptAsync(new(new(1, ++_revision, "aa"), workloads), Token);

    /// <summary>Accepts the workload and waits until its deployment has ended.</summary>
    public async Task<DeploymentReport> DeployAsync(Workload workload)
    {
        await AcceptAsync(workload);
        return await EndOfAsync(workload);
    }

    public async Task<DeploymentReport> EndOfAsync(Workload workload) => (await UntilAsync(() =>
        Engine.Reports.Pending().FirstOrDefault(report =>
            report.DeploymentId == workload.DeploymentId && report.Phase >= DeploymentPhase.Committed)))!;

    public Task<WorkloadStatus?> StatusAsync(Func<WorkloadStatus, bool> condition) =>
        UntilAsync(() => Engine.Observe().FirstOrDefault(condition));

    /// <summary>The first value that is there, looked for at each change.</summary>
    public async Task<T?> UntilAsync<T>(Func<T?> find)
        where T : class
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(Limit);
        T? found;
        while ((found = find()) is null)
        {
            try
            {
                await Engine.Changes.ReadAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"Not within {Limit}: {string.Join('\n', Engine.Observe())}\n"
                    + string.Join('\n', Engine.Reports.Pending()));
            }
        }

        return found;
    }

    public string Phases(Workload workload) => string.Join(' ', Engine.Reports.Pending()
        .Where(report => report.DeploymentId == workload.DeploymentId)
        .Select(report => $"{report.Sequence}{report.Phase}"));

    /// <summary>The version and the process that answer now.</summary>
    public async Task<(string Version, int Pid)> AskAsync()
    {
        var state = await Supervisor.StateAsync(Token);
        using var client = new HttpClient();
        var parts = (await client.GetStringAsync(
            new Uri($"http://{IPEndPoint.Parse(state.Listen[0].Address)}/"), Token)).Split(' ');
        return (parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Ends the engine where it is, without a word to anything that it started, and begins another.</summary>
    public async Task BeginAnewAsync(params IRuntime[] runtimes)
    {
        await Engine.DisposeAsync();
        await BeginAsync(runtimes);
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        try
        {
            using var limit = new CancellationTokenSource(Limit);
            await Supervisor.ShutdownAsync(limit.Token);
        }
        catch (ProblemException)
        {
            // There is none, or no more.
        }

        CgroupTree.Find()?.Sweep(CgroupName.Of(EngineFolder.SupervisorOf(WorkloadFolder)), new HashSet<string>());
        _folder.Dispose();
    }

    private async Task BeginAsync(params IRuntime[] runtimes)
    {
        Engine = new(_folder.Path, TimeProvider.System, new Random(1), NullLogger.Instance);
        var assets = new AssetsRuntime(Program, LookOften, TimeProvider.System, NullLogger.Instance);
        Engine.Use(new([Source], [.. runtimes, new ServerRuntime(Program, TimeProvider.System), assets]));
        await Engine.StartAsync(Token);
    }
}
