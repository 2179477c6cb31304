using System.Net.Sockets;
using System.Text;
using Slipway.Agent.Hosting;

namespace Tests.Integration.Agent;

public sealed class AgentHostTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slipway-host-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_state_folder_has_one_user_at_a_time()
    {
        var state = new StateFolder(Path.Combine(_folder, "state"));

        using (state.Lock())
        {
            var exception = Assert.Throws<IOException>(state.Lock);
            Assert.Contains("Another agent uses the state folder", exception.Message, StringComparison.Ordinal);
        }

        state.Lock().Dispose();
    }

    [Fact]
    public void Nobody_else_can_keep_an_agent_from_its_state_folder()
    {
        var state = new StateFolder(Path.Combine(_folder, "state"));
        Directory.CreateDirectory(state.Path);
        var file = Path.Combine(state.Path, "agent.lock");
        File.WriteAllText(file, "");
        File.SetUnixFileMode(file, (UnixFileMode)0b110_100_100);

        state.Lock().Dispose();
        var old = File.GetUnixFileMode(file);
        File.Delete(file);
        state.Lock().Dispose();

        Assert.Equal(
            (UnixFileMode.UserRead | UnixFileMode.UserWrite, UnixFileMode.UserRead | UnixFileMode.UserWrite),
            (old, File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task Systemd_is_told_over_its_socket()
    {
        var path = Path.Combine(_folder, "notify");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(path));

        new SystemdNotifier(path, TimeProvider.System).Ready("Running");

        var buffer = new byte[200];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        var length = await systemd.ReceiveAsync(buffer, limit.Token);
        Assert.Equal("READY=1\nSTATUS=Running", Encoding.UTF8.GetString(buffer, 0, length));
    }
}
