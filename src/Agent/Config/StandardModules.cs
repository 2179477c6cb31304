using Slipway.Agent.Deployments;
using Slipway.Agent.Link;
using Slipway.Agent.Runtimes.Assets;
using Slipway.Agent.Runtimes.Self;
using Slipway.Agent.Runtimes.Server;
using Slipway.Shared.Modules;

namespace Slipway.Agent.Config;

/// <summary>The modules that this agent has: a table, because nothing is loaded at run time.</summary>
internal static class StandardModules
{
    public static ModuleRegistry Register(ModuleRegistry registry) => registry
        .Add("artifact.control_plane", LinkJson.Default.ControlPlaneArtifacts)
        .Add("deployments", DeploymentsAppJson.Default.DeploymentsApp)
        .Add("link", LinkJson.Default.LinkApp)
        .Add("runtime.agent", SelfRuntimeJson.Default.SelfRuntime)
        .Add("runtime.assets", AssetsRuntimeJson.Default.AssetsRuntime)
        .Add("runtime.server", ServerRuntimeJson.Default.ServerRuntime);
}
