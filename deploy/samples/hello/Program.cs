using Slipway.Hosting.ServerStarter;

var builder = WebApplication.CreateSlimBuilder(args);
builder.WebHost.UseServerStarter();

var app = builder.Build();
var version = Environment.GetEnvironmentVariable("SLIPWAY_VERSION") ?? "unknown";

app.MapGet("/", () => $"hello {version} from {Environment.ProcessId}\n");
app.MapGet("/healthz", () => "ok\n");
app.MapGet("/slow", async (int ms, CancellationToken cancellationToken) =>
{
    await Task.Delay(TimeSpan.FromMilliseconds(ms), TimeProvider.System, cancellationToken);
    return $"slow {version} from {Environment.ProcessId}\n";
});

await app.RunAsync();
