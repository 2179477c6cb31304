using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Slipway.Agent.Deployments;
using V1 = Slipway.Contracts.V1;
using Kind = Slipway.Contracts.V1.AgentMessage.MessageOneofCase;

namespace Tests.Integration.Agent.Link;

public sealed class LinkTests : IAsyncLifetime
{
    private readonly LinkFixture _agent = new();
    private StandInControlPlane _server = null!;

    public async ValueTask InitializeAsync() => _server = await StandInControlPlane.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task It_enrols_connects_and_acknowledges_what_it_has_stored()
    {
        _agent.Start(_server, _server.Token);
        var session = await _server.NextSessionAsync();

        await session.SendAsync(Desired(epoch: 1, revision: 7, Workload()));
        var acknowledged = await session.ReceiveAsync(Kind.DesiredAck);

        Assert.Equal((1u, 7u), (acknowledged.DesiredAck.Epoch, acknowledged.DesiredAck.Revision));
        var stored = Assert.Single(_agent.Desired.Workloads);
        Assert.Equal(new WorkloadKey("shop", "production"), stored.Key);
        Assert.Equal(0u, session.Hello.Resume.Revision);
        Assert.Equal("6", session.Hello.SelfLabels["self.kernel"]);
    }

    [Fact]
    public async Task An_enrolled_agent_needs_no_token_and_says_what_it_has()
    {
        _agent.Start(_server, _server.Token);
        await (await _server.NextSessionAsync()).SendAsync(Desired(epoch: 1, revision: 7));
        await _agent.LoggedAsync("Accepted revision 1.7");
        await _agent.StopAsync();
        File.Delete(_agent.TokenFile);

        _agent.Start(_server);
        var session = await _server.NextSessionAsync();

        Assert.Equal((1u, 7u), (session.Hello.Resume.Epoch, session.Hello.Resume.Revision));
        Assert.Equal("abcd", Convert.ToHexStringLower(session.Hello.Resume.Hash.Span));
        Assert.Single(_server.Enrollments);
    }

    [Fact]
    public async Task A_control_plane_with_another_CA_than_the_tokens_never_sees_the_token()
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(_server.Authority.RawData));
        var other = _server.Token.Replace(digest, new string('0', 64), StringComparison.Ordinal);

        _agent.Start(_server, other);
        await _agent.LoggedAsync("is not the control plane that the enrolment token comes from");

        Assert.Empty(_server.Enrollments);
    }

    [Fact]
    public async Task A_token_that_is_used_up_is_told_once_with_its_remedy()
    {
        _server.EnrollProblem = new(StatusCode.Unauthenticated, "TOKEN_USED_UP", "The token was used already.");

        _agent.Start(_server, _server.Token);
        await _agent.LoggedAsync("deployctl agent token create");

        var record = Assert.Single(_agent.Logs.GetSnapshot(), record => record.Level == LogLevel.Error);
        Assert.Contains("The token was used already.", record.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(StandInControlPlane.Secret, record.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_enrolment_whose_answer_was_lost_is_asked_again_with_the_same_key()
    {
        _server.EnrollProblem = new(StatusCode.Unavailable, "STOPPING", "Lost.");

        _agent.Start(_server, _server.Token);
        await _agent.LoggedAsync("Lost.");
        await _agent.StopAsync();
        _server.EnrollProblem = null;
        _agent.Start(_server);
        await _server.NextSessionAsync();

        Assert.Single(_server.Enrollments.Select(request => PublicKey(request.CertificateRequest)).Distinct());
    }

    [Fact]
    public async Task Another_servers_certificate_is_refused_after_enrolment()
    {
        _agent.Start(_server, _server.Token);
        await _server.NextSessionAsync();
        await _agent.StopAsync();
        await using var impostor = await StandInControlPlane.StartAsync();

        _agent.Start(impostor);
        await _agent.LoggedAsync("The agent trusts only the CA it enrolled with");

        Assert.False(impostor.Sessions.Reader.TryPeek(out _));
    }

    [Fact]
    public async Task Reports_are_sent_again_until_they_are_acknowledged()
    {
        _agent.Start(_server, _server.Token);
        var session = await _server.NextSessionAsync();
        _agent.Report(new("d1", 1, DeploymentPhase.Assigned, DateTimeOffset.UnixEpoch));
        _agent.Report(new("d1", 2, DeploymentPhase.Failed, DateTimeOffset.UnixEpoch, FailureReason.NotReady, "x", "y"));
        await session.ReceiveAsync(Kind.Report);
        await session.ReceiveAsync(Kind.Report);
        await session.SendAsync(new() { ReportAck = new() { DeploymentId = "d1", Sequence = 1 } });
        session.End();

        session = await _server.NextSessionAsync();
        var again = (await session.ReceiveAsync(Kind.Report)).Report;
        await session.SendAsync(new() { ReportAck = new() { DeploymentId = "d1", Sequence = 2 } });
        await session.SendAsync(Desired(epoch: 1, revision: 1));
        await session.ReceiveAsync(Kind.DesiredAck);

        Assert.Equal(
            (2u, V1.DeploymentPhase.Failed, V1.FailureReason.NotReady), (again.Sequence, again.Phase, again.Reason));
        Assert.Empty(_agent.Pending());
    }

    [Fact]
    public async Task What_changes_by_itself_is_said_at_once_and_only_once()
    {
        _agent.Start(_server, _server.Token);
        var session = await _server.NextSessionAsync();
        await session.ReceiveAsync(Kind.Observed);

        _agent.Observe(
            [new(new("shop", "production"), 3, "1.0.0", IsHealthy: false, "crashed", [42], DateTimeOffset.UnixEpoch)]);
        var observed = await session.ReceiveAsync(Kind.Observed);
        _agent.Report(new("d1", 1, DeploymentPhase.Assigned, DateTimeOffset.UnixEpoch));
        await session.ReceiveAsync(Kind.Report);

        var status = Assert.Single(observed.Observed.Workloads);
        Assert.Equal((3u, "crashed", 42), (status.Generation, status.Detail, status.Pids[0]));
        Assert.False(session.HasReceived(Kind.Observed));
    }

    [Fact]
    public async Task What_serves_is_said_before_the_report_of_its_commit()
    {
        _agent.Observe(observed: null);
        _agent.Report(new("d1", 1, DeploymentPhase.Committed, DateTimeOffset.UnixEpoch));
        _agent.Start(_server, _server.Token);
        var session = await _server.NextSessionAsync();
        await session.SendAsync(Desired(epoch: 1, revision: 1));
        await session.ReceiveAsync(Kind.DesiredAck);
        Assert.Null(session.Hello.Observed);
        Assert.False(session.HasReceived(Kind.Report));

        _agent.Observe(
            [new(new("shop", "production"), 1, "1.0.0", IsHealthy: true, "", [42], DateTimeOffset.UnixEpoch)]);
        await session.ReceiveAsync(Kind.Observed);

        await session.ReceiveAsync(Kind.Report);
    }

    [Fact]
    public async Task A_silent_control_plane_is_left_after_two_heartbeats()
    {
        _server.Heartbeat = TimeSpan.FromMilliseconds(100);

        _agent.Start(_server, _server.Token);
        var first = await _server.NextSessionAsync();
        await first.ReceiveAsync(Kind.Heartbeat);
        await _server.NextSessionAsync();

        await first.Ended.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await _agent.LoggedAsync("has missed two heartbeats");
    }

    [Fact]
    public async Task It_comes_back_when_it_was_asked_to()
    {
        _agent.Start(_server, _server.Token);
        var session = await _server.NextSessionAsync();

        await session.SendAsync(new()
        {
            Drain = new()
            {
                ReconnectMin = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(10)),
                ReconnectMax = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(50)),
            },
        });

        await _server.NextSessionAsync();
        Assert.DoesNotContain(_agent.Logs.GetSnapshot(), record => record.Level > LogLevel.Information);
    }

    [Fact]
    public async Task An_older_revision_and_a_damaged_state_change_nothing()
    {
        _agent.Desired = new(new(2, 5, "abcd"), []);
        _agent.Start(_server, _server.Token);
        var session = await _server.NextSessionAsync();
        await session.SendAsync(Desired(epoch: 2, revision: 5, Workload()));
        await session.ReceiveAsync(Kind.DesiredAck);

        await session.SendAsync(Desired(epoch: 2, revision: 4));
        await session.SendAsync(Desired(epoch: 1, revision: 9));
        await session.SendAsync(Desired(epoch: 2, revision: 6, new V1.Workload { Application = "../etc" }));
        await _agent.LoggedAsync("Passed over a desired state");

        Assert.Equal(5u, _agent.Desired.Token.Revision);
        Assert.Single(_agent.Desired.Workloads);
        Assert.False(session.HasReceived(Kind.DesiredAck));
    }

    [Fact]
    public async Task A_new_enrolment_counts_revisions_anew()
    {
        _agent.Desired = new(new(9, 500, "abcd"), []);

        _agent.Start(_server, _server.Token);
        var session = await _server.NextSessionAsync();

        Assert.Equal((0u, 0u), (session.Hello.Resume.Epoch, session.Hello.Resume.Revision));
    }

    [Fact]
    public async Task The_certificate_is_renewed_in_the_middle_of_its_life_and_used()
    {
        _server.CertificateLife = TimeSpan.FromSeconds(3);

        _agent.Start(_server, _server.Token);
        var first = await _server.NextSessionAsync();
        _server.CertificateLife = TimeSpan.FromDays(7);
        await _server.Renewals.Reader.ReadAsync(TestContext.Current.CancellationToken);
        await _agent.LoggedAsync("Renewed the certificate");
        first.End();
        var second = await _server.NextSessionAsync();

        Assert.NotEqual(first.Thumbprint, second.Thumbprint);
        Assert.Equal(second.Thumbprint, _agent.Store.Load()!.Certificate.Thumbprint);
    }

    [Fact]
    public async Task A_removed_agent_says_so_once_and_tells_the_way_back()
    {
        _server.SessionProblem = new(StatusCode.Unauthenticated, "AGENT_REMOVED", "The agent web-1 was removed.");

        _agent.Start(_server, _server.Token);
        await _agent.LoggedAsync("remove the folder");

        Assert.Single(_agent.Logs.GetSnapshot(), record => record.Level == LogLevel.Error);
    }

    [Fact]
    public async Task The_identity_is_for_its_owner_alone()
    {
        _agent.Start(_server, _server.Token);
        await _server.NextSessionAsync();

        var file = Assert.Single(Directory.GetFiles(_agent.Store.Folder));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    private static string PublicKey(ByteString request) => Convert.ToHexString(
        System.Security.Cryptography.X509Certificates.CertificateRequest
            .LoadSigningRequest(request.ToByteArray(), HashAlgorithmName.SHA256)
            .PublicKey.EncodedKeyValue.RawData);

    private static V1.ControlMessage Desired(ulong epoch, ulong revision, params V1.Workload[] workloads) => new()
    {
        Desired = new()
        {
            Token = new() { Epoch = epoch, Revision = revision, Hash = ByteString.CopyFrom(0xab, 0xcd) },
            Workloads = { workloads },
        },
    };

    private static V1.Workload Workload() => new()
    {
        Application = "shop",
        Environment = "production",
        Generation = 3,
        DeploymentId = "d1",
        Version = "1.0.0",
        Server = new() { Command = { "./shop" } },
    };
}
