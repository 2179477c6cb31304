namespace Slipway.Agent.Cgroups;

/// <summary>What the processes of a cgroup may use together; null: as much as there is.</summary>
/// <param name="Memory">Bytes.</param>
/// <param name="Cpu">Cores.</param>
/// <param name="Pids">Processes and threads.</param>
internal sealed record CgroupLimits(long? Memory, double? Cpu, int? Pids)
{
    /// <summary>The controllers that it takes, with the limit that needs each.</summary>
    public IEnumerable<(string Controller, string Limit)> Needs
    {
        get
        {
            if (Memory is not null)
            {
                yield return ("memory", "memory_max");
            }

            if (Cpu is not null)
            {
                yield return ("cpu", "cpu");
            }

            if (Pids is not null)
            {
                yield return ("pids", "pids_max");
            }
        }
    }
}
