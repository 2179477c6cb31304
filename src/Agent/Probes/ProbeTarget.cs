using System.Net;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;

namespace Slipway.Agent.Probes;

/// <summary>What to probe, and how to know whose answer it was.</summary>
/// <param name="Address">Where the socket can be reached.</param>
/// <param name="Spec">What counts as ready.</param>
/// <param name="HasRivals">Whether other processes listen on the same socket.</param>
/// <param name="Family">The processes of the generation that is being probed.</param>
/// <param name="Processes">Where to look up who has which socket.</param>
internal sealed record ProbeTarget(
    IPEndPoint Address,
    ReadinessSpec Spec,
    Func<bool> HasRivals,
    Func<HashSet<int>> Family,
    ProcessTable Processes);
