using Slipway.Agent.Deployments;
using Slipway.Agent.Runtimes.Server;
using Slipway.Shared.Modules;

namespace Slipway.Agent.Config;

/// <summary>The modules that this agent has: a table, because nothing is loaded at run time.</summary>
internal static class StandardModules
{
    public static ModuleRegistry Register(ModuleRegistry registry) => registry
        .Add("deployments", DeploymentsAppJson.Default.DeploymentsApp)
        .Add("runtime.server", ServerRuntimeJson.Default.ServerRuntime);
}
