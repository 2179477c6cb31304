using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;
using Slipway.Contracts.Dewy;
using Slipway.ControlPlane.Environments;
using Slipway.Shared.Rpc;
using Tests.Integration.ControlPlane.Registry;
using Tests.Integration.ControlPlane.Rollouts;
using V1 = Slipway.Contracts.V1;

namespace Tests.Integration.ControlPlane.Dewy;

public class DewyServiceTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_Dewy_host_gets_the_environments_release_and_its_report_is_in_the_history()
    {
        var port = FreePort();
        await using var host = await ControlPlaneHost.StartAsync(Cancellation, builder =>
            builder.Configuration.AddInMemoryCollection(
            [
                new("Dewy:Listeners:0:Listen", $"127.0.0.1:{port}"),
                new("Dewy:Listeners:0:Application", Catalog.Application),
                new("Dewy:Listeners:0:Environment", Catalog.Environment),
            ]));
        await Catalog.AddAsync(host, new StrategySpec());
        await Catalog.ReleaseAsync(host, "1.0.0");
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var dewy = new RegistryService.RegistryServiceClient(channel);
        var request = new CurrentRequest { Os = "linux", Arch = "amd64" };
        var early = await Assert.ThrowsAsync<RpcException>(
            async () => await dewy.CurrentAsync(request, cancellationToken: Cancellation));
        await RollOutAsync(host);

        var current = await dewy.CurrentAsync(request, cancellationToken: Cancellation);
        await dewy.ReportAsync(
            new ReportRequest { Id = current.Id, Tag = current.Tag, Command = "server" },
            cancellationToken: Cancellation);

        Assert.Equal("NO_RELEASE", Problem.From(early).Reason);
        Assert.Equal("v1.0.0", current.Tag);
        Assert.Equal("s3://eu/shop/1.0.0/shop.tar.gz", current.ArtifactUrl);
        var history = await new V1.History.HistoryClient(host.Admin).ListAsync(
            new V1.ListHistoryRequest { Agent = "dewy:127.0.0.1" },
            cancellationToken: Cancellation);
        Assert.Equal("1.0.0", Assert.Single(history.Deployments).Version);
        var elsewhere = await Assert.ThrowsAsync<RpcException>(async () =>
            await new RegistryService.RegistryServiceClient(host.Admin).CurrentAsync(
                request, cancellationToken: Cancellation));
        Assert.Equal(StatusCode.Unimplemented, elsewhere.StatusCode);
        var ours = await Assert.ThrowsAsync<RpcException>(async () =>
            await new V1.Rollouts.RolloutsClient(channel).ListAsync(
                new V1.ListRolloutsRequest(), cancellationToken: Cancellation));
        Assert.Equal(StatusCode.Unimplemented, ours.StatusCode);
    }

    private static async Task RollOutAsync(ControlPlaneHost host)
    {
        using var machine = await TestAgent.EnrollAsync(host, "web-1", Catalog.Labels);
        await using var agent = await SessionAgent.ConnectAsync(host, machine);
        await agent.HearAsync(V1.ControlMessage.MessageOneofCase.Welcome);
        var rollouts = new V1.Rollouts.RolloutsClient(host.Admin);
        var started = await rollouts.StartAsync(
            new V1.StartRolloutRequest { Application = Catalog.Application, Environment = Catalog.Environment },
            cancellationToken: Cancellation);
        using var watch = rollouts.Watch(new V1.GetRolloutRequest { Id = started.Id }, cancellationToken: Cancellation);
        while (await watch.ResponseStream.MoveNext(Cancellation))
        {
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
