using Slipway.ControlPlane.Storage.Rows;

namespace Slipway.ControlPlane.History;

/// <summary>How a deployment's row moves: forward only, with each phase written down.</summary>
internal static class DeploymentHistory
{
    // Reports number their phases 1, 2, 3 ...; those that the control plane adds by itself lie between and around.
    private const long Spacing = 1000;

    extension(DeploymentRow row)
    {
        public DeploymentPhase CurrentPhase => (DeploymentPhase)row.Phase;

        /// <summary>Moves to the phase unless the row is there or further already.</summary>
        public bool Advance(DeploymentPhase phase, DateTimeOffset at)
        {
            if (row.CurrentPhase.IsEnd || phase <= row.CurrentPhase)
            {
                return false;
            }

            row.Phase = (int)phase;
            row.FinishedAt = phase.IsEnd ? at : null;
            row.Phases.Add(new DeploymentPhaseRow
            {
                DeploymentId = row.Id,
                Sequence = (row.LastSequence * Spacing) + row.Phases.Count,
                Phase = (int)phase,
                At = at,
            });
            return true;
        }

        /// <summary>Ends it without its agent having said so.</summary>
        public void Close(DeploymentPhase phase, FailureReason reason, string detail, DateTimeOffset at)
        {
            if (row.Advance(phase, at))
            {
                row.Reason = (int)reason;
                row.Detail = detail;
            }
        }
    }
}
