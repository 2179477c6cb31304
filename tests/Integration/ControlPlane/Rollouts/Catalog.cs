using Microsoft.Extensions.DependencyInjection;
using Slipway.ControlPlane.Applications;
using Slipway.ControlPlane.Environments;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Versioning;

namespace Tests.Integration.ControlPlane.Rollouts;

/// <summary>An application, its environment and its releases, straight in the tables.</summary>
internal static class Catalog
{
    public const string Application = "shop";
    public const string Environment = "production";

    public static readonly IReadOnlyDictionary<string, string> Labels =
        new Dictionary<string, string> { ["role"] = "web" };

    public static Task AddAsync(ControlPlaneHost host, StrategySpec strategy, PolicySpec? policy = null) => AddAsync(
        host,
        new ApplicationSpec
        {
            Name = Application,
            Runtime = new ServerSpec { Command = ["./shop"], Readiness = new ReadinessSpec(ReadinessKind.Tcp) },
        },
        strategy,
        policy);

    public static async Task AddAsync(
        ControlPlaneHost host, ApplicationSpec application, StrategySpec strategy, PolicySpec? policy = null)
    {
        var database = host.Services.GetRequiredService<Database>();
        var now = TimeProvider.System.GetUtcNow();
        await database.WriteAsync(
            async (context, token) =>
            {
                await ApplicationStore.SaveAsync(context, row: null, application, now, token);
                var environment = new EnvironmentSpec
                {
                    Application = application.Name,
                    Name = Environment,
                    Selector = Labels,
                    Strategy = strategy,
                    Policy = policy ?? new PolicySpec(),
                };
                await EnvironmentStore.SaveAsync(context, row: null, environment, now, token);
            },
            TestContext.Current.CancellationToken);
    }

    public static Task ReleaseAsync(
        ControlPlaneHost host, string version, bool announced = false, string application = Application) =>
        host.Services.GetRequiredService<Database>().WriteAsync(
            (context, _) =>
            {
                var now = TimeProvider.System.GetUtcNow();
                context.Releases.Add(new ReleaseRow
                {
                    Application = application,
                    Version = version,
                    VersionKey = SemanticVersion.Parse(version).SortKey,
                    CreatedAt = now,
                    Artifacts =
                    [
                        new ArtifactRow
                        {
                            Application = application,
                            Version = version,
                            Platform = "linux/amd64",
                            Digest = $"sha256:{new string('a', 64)}",
                            SizeBytes = 1,
                            FileName = "shop.tar.gz",
                            UpstreamUrl = $"s3://eu/shop/{version}/shop.tar.gz",
                        },
                    ],
                });
                if (announced)
                {
                    context.Outbox.Add(new OutboxRow
                    {
                        At = now,
                        Topic = $"application/{application}",
                        Kind = "release.pushed",
                        PayloadJson = $$"""{"application":"{{application}}","version":"{{version}}"}""",
                    });
                }

                return Task.CompletedTask;
            },
            TestContext.Current.CancellationToken);
}
