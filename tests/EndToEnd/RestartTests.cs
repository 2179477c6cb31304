using System.Globalization;
using System.Text;
using Tests.Kit.Programs;

namespace Tests.EndToEnd;

/// <summary>Whatever is restarted, and however often: no request fails and nothing is left behind.</summary>
public class RestartTests
{
    private const int Upgrades = 14;
    private const int Rounds = 30;
    private const int WarmUp = 4;
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task A_hundred_restarts_of_every_kind_under_load_fail_no_request_and_leak_nothing()
    {
        await using var scene = await Scene.StartAsync("starlet");
        await using var load = scene.StartLoad(keepAlive: false);
        var supervisor = new SupervisorSocket(Path.Join(
            scene.Fleet.Root, Scene.Agent, "workloads", scene.Application, "production", "supervisor"));
        var pid = (int)(await supervisor.StateAsync(TestContext.Current.CancellationToken))["supervisor_pid"]!;
        string[] programs = [await OfVersionAsync(scene, "1.0.1"), await OfVersionAsync(scene, "1.0.2")];
        Weight? upgrading = null;
        Weight? upgraded = null;

        for (var round = 1; round <= Rounds; round++)
        {
            var version = $"1.{round}.0";
            await scene.ReleaseAsync(version);
            await load.AnsweredAsync(version, Cancellation);

            var again = await scene.StartRolloutAsync(round == 1 ? "1.0.0" : $"1.{round - 1}.0");
            (await scene.Fleet.WatchAsync(again, Cancellation)).Expect(0);

            var program = programs[Math.Min(round, Upgrades) % 2];
            await ExchangeAgentAsync(scene, program, isUpgrade: round <= Upgrades);
            Assert.Equal(pid, (int)(await supervisor.StateAsync(Cancellation))["supervisor_pid"]!);
            Assert.Equal(program, new FileInfo($"/proc/{pid}/exe").LinkTarget);
            if (round == WarmUp)
            {
                upgrading = await SettledAsync(scene, pid, _ => true);
            }

            // An upgrade begins with little memory: what one program gathers shows only without.
            if (round == Upgrades + WarmUp)
            {
                upgraded = await SettledAsync(scene, pid, weight => weight.IsAtMost(upgrading!));
                Assert.True(upgraded.IsAtMost(upgrading!), $"At first {upgrading}, after upgrades {upgraded}");
            }
        }

        var after = await SettledAsync(scene, pid, weight => weight.IsAtMost(upgraded!));
        Assert.True(after.IsAtMost(upgraded!), $"At first {upgraded}, in the end {after}");
        var report = await load.StopAsync();
        Assert.True(report.Failed == 0, report.ToString());
    }

    /// <summary>Kills the agent. The next adopts what runs, and takes the supervisor to its own version.</summary>
    private static async Task ExchangeAgentAsync(Scene scene, string program, bool isUpgrade)
    {
        var before = await scene.PidsAsync();
        scene.AgentProgram.Kill();
        await scene.AgentProgram.ExitAsync(Cancellation);
        scene.Fleet.AgentProgram = program;
        await scene.RestartAgentAsync();
        await scene.AgentProgram.LineAsync("; adopted", Cancellation);
        await scene.AgentProgram.LineAsync(isUpgrade ? "was upgraded in place" : "Connected to ", Cancellation);
        Assert.All(before, child => Assert.True(ProcessTable.IsAlive(child)));
    }

    /// <summary>The agent's program, built anew as far as anybody can tell.</summary>
    private static async Task<string> OfVersionAsync(Scene scene, string version)
    {
        var content = await File.ReadAllBytesAsync(Published.Agent, Cancellation);
        var at = content.AsSpan().IndexOf("1.0.0+"u8);
        Assert.True(at > 0, "The program does not say its version any more as it did.");
        Encoding.UTF8.GetBytes(version + "+").CopyTo(content, at);
        var program = Path.Join(scene.Fleet.Root, $"agent-{version}");
        await File.WriteAllBytesAsync(program, content, Cancellation);
        File.SetUnixFileMode(program, File.GetUnixFileMode(Published.Agent));
        return program;
    }

    /// <summary>What the supervisor holds, once the last generation before has gone.</summary>
    private static async Task<Weight> SettledAsync(Scene scene, int pid, Predicate<Weight> isGood)
    {
        var begin = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var weight = Weight.Of(scene.Fleet.Root, pid);
            if ((weight.Zombies == 0 && isGood(weight))
                || TimeProvider.System.GetElapsedTime(begin) > SettleLimit)
            {
                return weight;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
        }
    }

    private sealed record Weight(int Descriptors, int Threads, int Zombies, int Programs, double Megabytes)
    {
        // A connection or a worker that comes and goes; what one restart in ten leaves behind is more.
        private const int Some = 3;
        private const double SomeMegabytes = 6;

        public static Weight Of(string folder, int pid) => new(
            Directory.GetFiles($"/proc/{pid}/fd").Length,
            Directory.GetDirectories($"/proc/{pid}/task").Length,
            ZombiesOf(pid),
            ProcessTable.Under(folder).Count,
            ProcessTable.Resident(pid, "RssAnon") / 1e6);

        public bool IsAtMost(Weight other) =>
            Descriptors <= other.Descriptors + Some && Threads <= other.Threads + Some && Zombies == 0
            && Programs <= other.Programs + Some && Megabytes <= other.Megabytes + SomeMegabytes;

        private static int ZombiesOf(int parent) => Directory.EnumerateDirectories("/proc")
            .Where(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out _))
            .Count(path => IsZombieOf(path, parent));

        private static bool IsZombieOf(string path, int parent)
        {
            try
            {
                var fields = File.ReadAllText($"{path}/stat").Split(") ")[^1].Split(' ');
                return fields[0] == "Z" && fields[1] == $"{parent}";
            }
            catch (IOException)
            {
                return false; // Gone meanwhile.
            }
        }
    }
}
