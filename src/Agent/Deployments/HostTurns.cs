namespace Slipway.Agent.Deployments;

/// <summary>On one host either deployments run, side by side, or the upgrade of the agent, alone.</summary>
internal sealed class HostTurns
{
    private readonly Lock _gate = new();
    private readonly HashSet<WorkloadKey> _deploying = [];
    private WorkloadKey? _upgrading;

    /// <summary>Whether the workload would have to wait.</summary>
    public bool IsTaken(WorkloadKey key, bool isUpgrade)
    {
        lock (_gate)
        {
            return (_upgrading is { } upgrading && upgrading != key)
                || (isUpgrade && _deploying.Any(other => other != key));
        }
    }

    /// <summary>Takes a turn, which may be the workload's already; false: it has to wait.</summary>
    public bool TryEnter(WorkloadKey key, bool isUpgrade)
    {
        lock (_gate)
        {
            if (IsTaken(key, isUpgrade))
            {
                return false;
            }

            Enter(key, isUpgrade);
            return true;
        }
    }

    /// <summary>Takes the turn that an earlier run of the agent had.</summary>
    public void Enter(WorkloadKey key, bool isUpgrade)
    {
        lock (_gate)
        {
            if (isUpgrade)
            {
                _upgrading = key;
            }
            else
            {
                _deploying.Add(key);
            }
        }
    }

    public void Leave(WorkloadKey key)
    {
        lock (_gate)
        {
            _deploying.Remove(key);
            _upgrading = _upgrading == key ? null : _upgrading;
        }
    }
}
