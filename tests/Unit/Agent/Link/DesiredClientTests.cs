using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Slipway.Agent.Deployments;
using Slipway.Agent.Link;
using V1 = Slipway.Contracts.V1;

namespace Tests.Unit.Agent.Link;

public class DesiredClientTests
{
    [Fact]
    public void What_was_not_said_has_the_documented_default()
    {
        var workload = Read(Server(new() { Command = { "./shop" } }));

        Assert.Null(workload.Unsupported);
        var server = workload.Server;
        Assert.Equal(
            (TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30), TimeSpan.Zero, "TERM", 5),
            (server.StartTimeout, server.StopGrace, server.Bake, server.StopSignal, server.KeepReleases));
        Assert.Equal(
            (ReadinessKind.Alive, TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(2), 1),
            (server.Readiness.Kind, server.Readiness.AliveFor, server.Readiness.Interval, server.Readiness.Timeout,
             server.Readiness.Successes));
    }

    [Fact]
    public void A_server_with_sockets_is_ready_when_the_first_accepts()
    {
        var workload = Read(Server(new()
        {
            Command = { "./shop" },
            Listen = { new V1.Listen { Name = "http", Address = "8080" } },
        }));

        Assert.Equal((ReadinessKind.Tcp, null), (workload.Server.Readiness.Kind, workload.Server.Readiness.Listen));
    }

    [Fact]
    public void Each_port_of_a_range_is_a_socket_and_a_file_has_its_rights()
    {
        var workload = Read(Server(new()
        {
            Command = { "./shop" },
            Listen =
            {
                new V1.Listen { Name = "dns", Address = "udp:[::1]:53-54" },
                new V1.Listen { Name = "web", Address = "unix:/run/a-b.sock", Mode = "660", Owner = "www-data" },
            },
        }));

        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite
            | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
        Assert.Equal(
            [
                new("dns", "udp:[::1]:53", 0),
                new("dns", "udp:[::1]:54", 0),
                new("web", "unix:/run/a-b.sock", 0) { Mode = Mode, Owner = "www-data" },
            ],
            workload.Server.Listen);
        Assert.Equal(ReadinessKind.Alive, workload.Server.Readiness.Kind);
    }

    [Fact]
    public void Everything_that_was_said_is_kept()
    {
        var digest = "sha256:" + new string('a', 64);
        var wire = Server(new()
        {
            Command = { "./shop", "--fast" },
            Listen = { new V1.Listen { Name = "http", Address = "8080", Backlog = 7 } },
            Environment = { ["A"] = "b" },
            Readiness = new()
            {
                Http = new() { Path = "/up", Listen = "http", Host = "shop", Statuses = { 204 } },
                Interval = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(1)),
                Successes = 3,
            },
            StopSignal = "SIGQUIT",
            Bake = Duration.FromTimeSpan(TimeSpan.FromSeconds(9)),
        });
        wire.Artifact = new() { Digest = digest, SizeBytes = 5, FileName = "shop.tgz" };
        wire.ArtifactPath = $"/v1/blobs/{digest}";

        var workload = Read(wire);

        Assert.Equal((digest, 5, "shop.tgz"), (
            workload.Artifact!.Digest.ToString(), workload.Artifact.SizeBytes, workload.Artifact.FileName));
        Assert.Equal(["./shop", "--fast"], workload.Server.Command);
        Assert.Equal(new("http", "8080", 7), Assert.Single(workload.Server.Listen));
        Assert.Equal("QUIT", workload.Server.StopSignal);
        Assert.Equal(TimeSpan.FromSeconds(9), workload.Server.Bake);
        var readiness = workload.Server.Readiness;
        Assert.Equal((ReadinessKind.Http, "/up", "http", "shop", 3),
            (readiness.Kind, readiness.Path, readiness.Listen, readiness.Host, readiness.Successes));
        Assert.Equal((TimeSpan.FromMilliseconds(10), 204), (readiness.Interval, readiness.Statuses[0]));
    }

    public static TheoryData<string, V1.ServerSpec?> Unsupported => new()
    {
        { "runtime: ", null },
        { "server.command: ", new() },
        { "server.stop_signal: ", new() { Command = { "x" }, StopSignal = "BOOM" } },
        { "server.bake: ", new() { Command = { "x" }, Bake = new() { Seconds = -1 } } },
        { "server.bake: ", new() { Command = { "x" }, Bake = new() { Seconds = 1L << 60 } } },
        { "server.bake: ", new() { Command = { "x" }, Bake = new() { Seconds = 1, Nanos = -5 } } },
        { "server.readiness: ", new() { Command = { "x" }, Readiness = new() { Http = new() } } },
        {
            "server.readiness.http.path: ",
            new() { Command = { "x" }, Readiness = new() { Http = new() { Path = "a\r" } } }
        },
        {
            "server.listen: ",
            new()
            {
                Command = { "x" },
                Listen = { new V1.Listen { Name = "a", Address = "1" }, new V1.Listen { Name = "a", Address = "2" } },
            }
        },
    };

    [Theory]
    [MemberData(nameof(Unsupported), DisableDiscoveryEnumeration = true)]
    public void What_this_agent_cannot_do_fails_that_workload_alone(string field, V1.ServerSpec? server)
    {
        var good = Server(new() { Command = { "./shop" } });
        var bad = Server(server);
        bad.Environment = "staging";

        var state = DesiredClient.Read(new() { Token = new(), Workloads = { good, bad } });

        Assert.Null(state.Workloads[0].Unsupported);
        Assert.StartsWith(field, state.Workloads[1].Unsupported, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_and_the_agent_have_the_documented_defaults()
    {
        var files = Read(With(new V1.AssetsSpec { After = new() { Command = { "./purge" } } }));
        var agent = Read(With(assets: null));

        Assert.Equal((RuntimeKind.Assets, "", 5), (files.Kind, files.Assets!.Link, files.KeepReleases));
        Assert.Equal((null, TimeSpan.FromSeconds(60)), (files.Before, files.Assets.After!.Timeout));
        Assert.Equal(
            (RuntimeKind.Agent, TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(45)),
            (agent.Kind, agent.StartTimeout, agent.Agent!.ConfirmTimeout));
    }

    [Theory]
    [InlineData("current", "assets.link: ")]
    [InlineData("/srv/../etc/passwd", "assets.link: ")]
    public void A_link_that_is_no_absolute_path_fails_that_workload_alone(string link, string field)
    {
        var workload = Read(With(new V1.AssetsSpec { Link = link }));

        Assert.StartsWith(field, workload.Unsupported, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_digest_fails_that_workload_alone()
    {
        var wire = Server(new() { Command = { "./shop" } });
        wire.Artifact = new() { Digest = "md5:1" };
        wire.ArtifactPath = "/x";

        Assert.NotNull(Read(wire).Unsupported);
    }

    [Theory]
    [InlineData("../../etc", "production")]
    [InlineData("shop", "")]
    [InlineData("shop", "a/b")]
    [InlineData("Shop", "production")]
    public void A_name_that_could_leave_its_folder_refuses_the_whole_state(string application, string environment)
    {
        var wire = Server(new() { Command = { "./shop" } });
        wire.Application = application;
        wire.Environment = environment;

        Assert.Throws<InvalidDataException>(() => Read(wire));
    }

    [Fact]
    public void A_workload_that_is_there_twice_refuses_the_whole_state()
    {
        var wire = Server(new() { Command = { "./shop" } });

        Assert.Throws<InvalidDataException>(
            () => DesiredClient.Read(new() { Token = new(), Workloads = { wire, wire.Clone() } }));
    }

    [Fact]
    public void The_token_keeps_the_control_planes_hash()
    {
        var state = DesiredClient.Read(new()
        {
            Token = new() { Epoch = 2, Revision = 9, Hash = ByteString.CopyFrom(0xab, 0xcd) },
        });

        Assert.Equal(new(2, 9, "abcd"), state.Token);
    }

    private static Workload Read(V1.Workload workload) =>
        DesiredClient.Read(new() { Token = new(), Workloads = { workload } }).Workloads[0];

    private static V1.Workload With(V1.AssetsSpec? assets)
    {
        var workload = Server(server: null);
        if (assets is null)
        {
            workload.Agent = new();
        }
        else
        {
            workload.Assets = assets;
        }

        return workload;
    }

    private static V1.Workload Server(V1.ServerSpec? server)
    {
        var workload = new V1.Workload
        {
            Application = "shop",
            Environment = "production",
            Generation = 1,
            DeploymentId = "d1",
            Version = "1.0.0",
        };
        if (server is not null)
        {
            workload.Server = server;
        }

        return workload;
    }
}
