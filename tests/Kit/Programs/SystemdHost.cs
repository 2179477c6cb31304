namespace Tests.Kit.Programs;

/// <summary>
/// The real systemd, booted in namespaces of its own on this machine. Its /etc, /usr/local and /var/lib are this
/// machine's; what changes there is kept in <see cref="Root"/>, so that booting twice from one folder is a reboot.
/// Disposing it ends everything that runs there, as a power cut does.
/// </summary>
public sealed class SystemdHost : IAsyncDisposable
{
    /// <summary>Where the host sees this checkout.</summary>
    public const string Source = "/run/slipway-source";

    private static readonly string Boot = Path.Join(Published.Root, "tests/EndToEnd/systemd/boot.sh");
    private static readonly Dictionary<string, string> NoVariables = [];
    private readonly RunningProgram _boot;
    private readonly string _first;

    private SystemdHost(string root, RunningProgram boot, string first)
    {
        Root = root;
        _boot = boot;
        _first = first;
    }

    /// <summary>Where the host's changed files are, as this process sees them.</summary>
    public string Root { get; }

    /// <summary>Boots, and returns once units can be started.</summary>
    public static async Task<SystemdHost> BootAsync(string root, CancellationToken cancellationToken)
    {
        const string Said = "systemd is process ";
        var boot = RunningProgram.Start(Boot, [root]);
        try
        {
            var line = await boot.LineAsync(Said, cancellationToken);
            var host = new SystemdHost(root, boot, line.Split(' ')[^1]);
            while ((await host.TryAsync(cancellationToken, "systemctl", "is-system-running", "--wait")).ExitCode != 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
            }

            return host;
        }
        catch
        {
            await boot.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a program on the host to its end.</summary>
    public Task<ProgramResult> TryAsync(CancellationToken cancellationToken, params string[] command) =>
        ProgramResult.RunAsync(
            "nsenter", ["-t", _first, "-m", "-p", "-C", "-u", "-i", "--", .. command], NoVariables, cancellationToken);

    /// <summary>Runs a program on the host, which must succeed, and gives what it said.</summary>
    public async Task<string> RunAsync(CancellationToken cancellationToken, params string[] command) =>
        (await TryAsync(cancellationToken, command)).Expect(0).Output.Trim();

    public async Task WriteAsync(string path, string content, CancellationToken cancellationToken)
    {
        // Through the host, not below it: a mounted overlay need not notice what changes in its layers.
        var script = $"mkdir -p \"$(dirname '{path}')\" && umask 022 && printf %s \"$1\" > '{path}'";
        await RunAsync(cancellationToken, "sh", "-c", script, "sh", content);
    }

    public async ValueTask DisposeAsync()
    {
        _boot.Terminate();
        await _boot.ExitAsync(CancellationToken.None);
        await _boot.DisposeAsync();
    }
}
