using Slipway.ControlPlane.Applications;
using Slipway.Shared.Rpc;

namespace Tests.Unit.ControlPlane.Applications;

public class ApplicationRulesTests
{
    private static readonly ServerSpec Server = new()
    {
        Command = ["./shop"],
        Listen = [new("http", "8080")],
        Readiness = new(ReadinessKind.Http),
    };

    [Fact]
    public void A_plain_application_is_taken() => Assert.Empty(FieldsOf(Server));

    [Theory]
    [InlineData("a")]
    [InlineData("shop-2")]
    public void A_good_name_is_taken(string name) => Assert.Empty(FieldsOf(Server, name));

    [Theory]
    [InlineData("")]
    [InlineData("Shop")]
    [InlineData("2shop")]
    [InlineData("-shop")]
    [InlineData("shop-")]
    [InlineData("shop\n")]
    [InlineData("../shop")]
    [InlineData("a123456789012345678901234567890123456789012345678901234567890123")]
    public void A_bad_name_is_refused(string name) => Assert.Equal(["name"], FieldsOf(Server, name));

    [Theory]
    [InlineData("8080")]
    [InlineData("127.0.0.1:8080")]
    [InlineData("0.0.0.0:1")]
    [InlineData("[::1]:8080")]
    [InlineData("[::]:65535")]
    [InlineData("8080-8083")]
    [InlineData("[::1]:8080,8090-8092")]
    [InlineData("udp:5353")]
    [InlineData("udp:[::]:53-54")]
    public void A_good_address_is_taken(string address) =>
        Assert.Empty(FieldsOf(
            Server with { Listen = [new("http", address)], Readiness = new(ReadinessKind.Alive) }));

    [Theory]
    [InlineData("unix:/run/shop/web.sock", "660", "www-data:www-data")]
    [InlineData("unix:/run/shop/web.sock", "0600", "1000")]
    [InlineData("unix:/run/shop/web.sock", "", "")]
    [InlineData("unix:@shop", "", "")]
    public void A_good_socket_file_is_taken(string address, string mode, string owner) => Assert.Empty(FieldsOf(
        Server with
        {
            Listen = [new("http", address) { Mode = mode, Owner = owner }],
            Readiness = new(ReadinessKind.Alive),
        }));

    [Theory]
    [InlineData("unix:/run/web.sock", "rw-", "", "mode")]
    [InlineData("unix:/run/web.sock", "", "www data", "owner")]
    [InlineData("unix:/run/web.sock", "", "a:b:c", "owner")]
    [InlineData("unix:@shop", "660", "", "mode")]
    [InlineData("8080", "", "root", "owner")]
    public void Only_a_file_has_rights(string address, string mode, string owner, string field) => Assert.Equal(
        [$"server.listen[0].{field}"],
        FieldsOf(Server with
        {
            Listen = [new("http", address) { Mode = mode, Owner = owner }],
            Readiness = new(ReadinessKind.Alive),
        }));

    [Fact]
    public void A_probe_needs_a_socket_of_TCP()
    {
        ListenSpec[] listen = [new("web", "unix:/run/web.sock"), new("dns", "udp:53")];
        Assert.Equal(
            ["server.readiness.http"], FieldsOf(Server with { Listen = listen, Readiness = new(ReadinessKind.Http) }));
        Assert.Equal(
            ["server.readiness.tcp.listen"],
            FieldsOf(Server with
            {
                Listen = [.. listen, new("http", "8080")],
                Readiness = new(ReadinessKind.Tcp) { Listen = "dns" },
            }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("08080")]
    [InlineData("http")]
    [InlineData(":8080")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.1:8080")]
    [InlineData("::1")]
    [InlineData("localhost:8080")]
    [InlineData("8083-8080")]
    [InlineData("8080,08081")]
    [InlineData("8080,8080")]
    [InlineData("udp:")]
    [InlineData("tcp:80")]
    [InlineData("unix:")]
    [InlineData("unix:web.sock")]
    [InlineData("unix:/run/../web.sock")]
    [InlineData("unix:/run/")]
    public void A_bad_address_is_refused(string address) => Assert.Equal(
        ["server.listen[0].address"],
        FieldsOf(Server with { Listen = [new("http", address)], Readiness = new(ReadinessKind.Alive) }));

    [Fact]
    public void Two_sockets_may_share_neither_name_nor_address() => Assert.Equal(
        ["server.listen[1].name", "server.listen[1].address"],
        FieldsOf(Server with { Listen = [new("http", "8080"), new("http", "0.0.0.0:8079-8080")] }));

    [Fact]
    public void A_command_is_needed() => Assert.Equal(["server.command"], FieldsOf(Server with { Command = [] }));

    [Theory]
    [InlineData("../shop")]
    [InlineData("bin/../../shop")]
    public void A_program_stays_in_its_release(string program) =>
        Assert.Equal(["server.command[0]"], FieldsOf(Server with { Command = [program] }));

    [Theory]
    [InlineData("2ND")]
    [InlineData("A-B")]
    [InlineData("SLIPWAY_APP")]
    [InlineData("LISTEN_FDS")]
    [InlineData("SERVER_STARTER_PORT")]
    public void A_variable_needs_a_name_that_is_free(string name) => Assert.Equal(
        [$"server.environment.{name}"],
        FieldsOf(Server with { Environment = new Dictionary<string, string> { [name] = "1" } }));

    [Fact]
    public void Readiness_asks_on_a_socket_that_exists() => Assert.Equal(
        ["server.readiness.http.listen"],
        FieldsOf(Server with { Readiness = new(ReadinessKind.Http) { Listen = "admin" } }));

    [Fact]
    public void Readiness_over_a_socket_needs_one() => Assert.Equal(
        ["server.readiness.tcp"],
        FieldsOf(Server with { Listen = [], Readiness = new(ReadinessKind.Tcp) }));

    [Fact]
    public void Staying_alive_is_shorter_than_the_time_to_start() => Assert.Equal(
        ["server.readiness.alive.duration"],
        FieldsOf(Server with { Readiness = new(ReadinessKind.Alive) { AliveFor = TimeSpan.FromSeconds(30) } }));

    [Fact]
    public void A_probe_by_command_needs_one() => Assert.Equal(
        ["server.readiness.exec.command", "server.liveness.exec.command"],
        FieldsOf(Server with
        {
            Readiness = new(ReadinessKind.Exec),
            Liveness = new(new(ReadinessKind.Exec)),
        }));

    [Fact]
    public void Liveness_says_how_and_on_which_socket_it_asks()
    {
        var kindless = FieldsOf(Server with { Liveness = new(new(ReadinessKind.Unspecified)) });
        var fields = FieldsOf(Server with
        {
            Liveness = new(new(ReadinessKind.Tcp) { Listen = "admin", Interval = TimeSpan.Zero })
            {
                Failures = -1,
                Watchdog = TimeSpan.Zero,
            },
        });

        Assert.Equal(["server.liveness"], kindless);
        Assert.Equal(
            [
                "server.liveness.interval", "server.liveness.watchdog.timeout", "server.liveness.failures",
                "server.liveness.tcp.listen",
            ],
            fields);
    }

    [Fact]
    public void A_restart_waits_no_longer_than_its_limit() => Assert.Equal(
        ["server.restart.max"],
        FieldsOf(Server with { Restart = new() { Min = TimeSpan.FromSeconds(31) } }));

    [Theory]
    [InlineData("64KiB", 2, 0)]
    [InlineData("1GiB", 100, 3650)]
    public void Output_is_kept_as_long_as_is_asked_for(string maxBytes, int maxFiles, int days) =>
        Assert.Empty(FieldsOf(Server with
        {
            Log = new() { MaxBytes = maxBytes, MaxFiles = maxFiles, MaxAge = TimeSpan.FromDays(days) },
        }));

    [Theory]
    [InlineData("much", 1, 1)]
    [InlineData("65535", 101, 59)]
    [InlineData("1025MiB", -1, -1)]
    public void Output_is_bounded(string maxBytes, int maxFiles, int seconds) => Assert.Equal(
        ["server.log.max_bytes", "server.log.max_files", "server.log.max_age"],
        FieldsOf(Server with
        {
            Log = new() { MaxBytes = maxBytes, MaxFiles = maxFiles, MaxAge = TimeSpan.FromSeconds(seconds) },
        }));

    [Fact]
    public void A_good_confinement_is_taken() => Assert.Empty(FieldsOf(Server with
    {
        Confinement = new()
        {
            User = "www-data",
            Groups = ["1000", "adm"],
            Umask = "027",
            WorkingDirectory = "web/public",
            ResourceLimits = new Dictionary<string, string> { ["nofile"] = "65536", ["core"] = "unlimited" },
            MemoryMax = "1.5GiB",
            Cpu = "0.5",
            PidsMax = 100,
        },
    }));

    [Fact]
    public void A_bad_confinement_is_refused_field_by_field() => Assert.Equal(
        [
            "server.user", "server.groups[0]", "server.umask", "server.working_directory", "server.rlimits.files",
            "server.rlimits.nofile", "server.limits.memory_max", "server.limits.cpu", "server.limits.pids_max",
        ],
        FieldsOf(Server with
        {
            Confinement = new()
            {
                User = "a b",
                Groups = [":"],
                Umask = "9",
                WorkingDirectory = "../up",
                ResourceLimits = new Dictionary<string, string> { ["files"] = "1", ["nofile"] = "many" },
                MemoryMax = "512MB",
                Cpu = "0",
                PidsMax = -1,
            },
        }));

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        var fields = FieldsOf(Server with
        {
            StopSignal = "FOO",
            KeepReleases = -1,
            StartTimeout = TimeSpan.MinValue,
            Bake = TimeSpan.FromDays(2),
            Readiness = new(ReadinessKind.Http) { Path = "health", Statuses = [200, 99], Interval = TimeSpan.Zero },
        });

        Assert.Equal(
            [
                "server.readiness.interval", "server.readiness.http.path", "server.readiness.http.statuses[1]",
                "server.start_timeout", "server.bake", "server.keep_releases", "server.stop_signal",
            ],
            fields);
    }

    [Fact]
    public void The_refusal_names_the_first_field_and_carries_all()
    {
        var violations = new FieldViolations();
        ApplicationRules.Check(new() { Name = "", Runtime = Server with { Command = [] } }, violations);

        var problem = Assert.Throws<ProblemException>(violations.ThrowIfAny).Problem;
        var received = Problem.From(problem.ToRpcException());

        Assert.StartsWith("name: ", received.Message, StringComparison.Ordinal);
        Assert.EndsWith("(and 1 more)", received.Message, StringComparison.Ordinal);
        Assert.Equal("name", received.Metadata[Problem.FieldKey]);
        Assert.Equal(["name", "server.command"], received.Violations.Select(violation => violation.Field));
    }

    private static IEnumerable<string> FieldsOf(ServerSpec server, string name = "shop")
    {
        var violations = new FieldViolations();
        ApplicationRules.Check(new() { Name = name, Runtime = server }, violations);
        return violations.Found.Select(violation => violation.Field);
    }
}
