using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Tests.Integration.Kit;
using V1 = Slipway.Contracts.V1;

namespace Tests.Integration.ControlPlane.Hosting;

public sealed class HostingTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_second_control_plane_on_one_directory_is_refused_by_name()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            ControlPlaneHost.StartAsync(Cancelled, folder: host.Folder));

        Assert.Contains(host.Folder, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Storage:Provider", refusal.Message, StringComparison.Ordinal);
    }

    // Under load a start takes longer than the first health check waits.
    [Fact]
    public async Task Health_is_asked_once_the_tables_are_there()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);

        var order = host.Services.GetServices<IHostedService>().Select(service => service.GetType().Name).ToList();
        Assert.Contains("HealthCheckPublisherHostedService", order[order.IndexOf(nameof(StorageLifetime))..]);
    }

    [Fact]
    public async Task An_end_in_order_keeps_the_epoch_and_any_other_begins_a_new_one()
    {
        await using var first = await ControlPlaneHost.StartAsync(Cancelled);
        await first.StopAsync(Cancelled);
        first.Release();

        await using var second = await ControlPlaneHost.StartAsync(Cancelled, folder: first.Folder);
        var afterOrder = await EpochAsync(second);
        second.Release();
        await using var third = await ControlPlaneHost.StartAsync(Cancelled, folder: first.Folder);

        Assert.Equal(("1", "2"), (afterOrder, await EpochAsync(third)));
    }

    [Fact]
    public async Task It_runs_on_PostgreSQL()
    {
        var connectionString = await postgres.CreateDatabaseAsync(Cancelled);
        await using var host = await ControlPlaneHost.StartAsync(Cancelled, builder => Set(
            builder, ("Storage:Provider", "postgres"), ("Storage:ConnectionString", connectionString)));

        using var agent = await TestAgent.EnrollAsync(host, "web-1");
        await agent.RenewAsync(host);
        var agents = await new V1.Agents.AgentsClient(host.Admin).ListAsync(new(), cancellationToken: Cancelled);

        Assert.Equal("web-1", Assert.Single(agents.Agents).Name);
    }

    [Theory]
    [InlineData("Hosting:InsecureListen", "0.0.0.0:8080", "not on loopback")]
    [InlineData("Hosting:Listen:0", "127.0.0.1", "not an address")]
    [InlineData("Hosting:Listen:0", "localhost:80", "not an address")]
    [InlineData("Storage:Provider", "mysql", "'sqlite' or 'postgres'")]
    [InlineData("Storage:Provider", "postgres", "Storage:ConnectionString is missing")]
    public async Task A_bad_setting_stops_the_start_and_names_itself(string key, string value, string message)
    {
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            ControlPlaneHost.StartAsync(Cancelled, builder => Set(builder, (key, value))));

        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plain_text_on_loopback_speaks_both_versions_of_HTTP()
    {
        await using var host = await ControlPlaneHost.StartAsync(
            Cancelled, builder => Set(builder, ("Hosting:InsecureListen", "127.0.0.1:0")));
        using var client = new HttpClient { BaseAddress = host.InsecureAddress };

        foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/healthz")
            {
                Version = version,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using var response = await client.SendAsync(request, Cancelled);

            Assert.Equal((HttpStatusCode.OK, version), (response.StatusCode, response.Version));
        }
    }

    private static void Set(WebApplicationBuilder builder, params (string Key, string? Value)[] settings) =>
        builder.Configuration.AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value)));

    private static Task<string> EpochAsync(ControlPlaneHost host) =>
        host.Services.GetRequiredService<Database>().ReadAsync(
            (context, token) => context.Settings.Where(row => row.Key == SettingRow.Epoch)
                .Select(row => row.Value).SingleAsync(token),
            Cancelled);
}
