using Tests.Kit.Load;

namespace Tests.Kit.Restarts;

/// <summary>
/// Restarts of every kind, in turns and under load: a rollout forth and one back, an agent that is killed, a supervisor
/// that is upgraded in place. An upgrade begins with little memory, so what one program gathers shows only in the
/// rounds without.
/// </summary>
public sealed class RestartRounds(RestartedHost host, LoadGenerator load)
{
    private readonly string[] _programs = new string[2];
    private int _round;

    public int Restarts { get; private set; }

    /// <summary>How long each new agent took to be in charge.</summary>
    public List<TimeSpan> Adoptions { get; } = [];

    /// <summary>So many rounds, or as many as there is time for.</summary>
    /// <returns>The weight after the first few, and at the end.</returns>
    public async Task<(HostWeight Before, HostWeight After)> RunAsync(
        int rounds, bool withUpgrades, TimeSpan limit, CancellationToken cancellationToken)
    {
        const int WarmUp = 4;
        var begin = TimeProvider.System.GetTimestamp();
        HostWeight? before = null;
        var isLate = false;
        for (var round = 1; round <= rounds && !isLate; round++)
        {
            await RunOneAsync(withUpgrades, cancellationToken);
            if (round == WarmUp)
            {
                before = await host.WeighAsync(_ => true, cancellationToken);
            }

            isLate = round >= WarmUp && TimeProvider.System.GetElapsedTime(begin) >= limit;
        }

        return (before!, await host.WeighAsync(after => after.IsAtMost(before!), cancellationToken));
    }

    private async Task RunOneAsync(bool withUpgrade, CancellationToken cancellationToken)
    {
        var before = $"1.{_round}.0";
        var version = $"1.{++_round}.0";
        await host.ReleaseAsync(version, cancellationToken);
        await load.AnsweredAsync(version, cancellationToken);
        await host.ReturnAsync(before, cancellationToken);

        var turn = withUpgrade ? _round % 2 : Array.IndexOf(_programs, ProgramOf(host.Supervisor));
        var program = _programs[turn] ??= await host.BuildAgentAsync($"1.0.{turn + 1}", cancellationToken);
        Adoptions.Add(await host.ExchangeAgentAsync(program, cancellationToken));
        if (withUpgrade)
        {
            await host.UpgradedAsync(cancellationToken);
        }

        if (ProgramOf(host.Supervisor) != program)
        {
            throw new InvalidOperationException(
                $"The supervisor is still {ProgramOf(host.Supervisor)} and not {program}.");
        }

        Restarts += withUpgrade ? 4 : 3;
    }

    private static string? ProgramOf(int pid) => new FileInfo($"/proc/{pid}/exe").LinkTarget;
}
