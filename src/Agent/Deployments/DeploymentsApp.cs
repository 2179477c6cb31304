using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Slipway.Agent.Hosting;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Modules;

namespace Slipway.Agent.Deployments;

/// <summary>
/// The app <c>deployments</c>: the engine, with the sources and runtimes that the configuration names.
/// </summary>
/// <remarks>The engine outlives a change of configuration; only its modules are exchanged.</remarks>
[Module("deployments")]
internal sealed class DeploymentsApp : IApp, IProvision, IValidate, ICommit
{
    private static readonly UsagePool<string, DeploymentEngine> Engines = new();

    private EngineModules _modules = EngineModules.None;
    /// <summary>Where artifacts are fetched from, the first that has it wins.</summary>
    public IReadOnlyList<JsonElement> Artifacts { get; set; } = [];

    /// <summary>How programs are run.</summary>
    public IReadOnlyList<JsonElement> Runtimes { get; set; } = [];

    /// <summary>The engine; may be used once this app has started.</summary>
    [JsonIgnore]
    public DeploymentEngine Engine
    {
        get => field ?? throw new InvalidOperationException("The app 'deployments' was not provisioned.");
        private set;
    }

    public async Task ProvisionAsync(ModuleContext context, CancellationToken cancellationToken)
    {
        _modules = new(
            await context.LoadAllAsync<IArtifactSource>(Artifacts, "artifacts", cancellationToken),
            await context.LoadAllAsync<IRuntime>(Runtimes, "runtimes", cancellationToken));
        var folder = context.Service<StateFolder>().Path;
        var logger = context.Service<ILoggerFactory>().CreateLogger(typeof(DeploymentEngine).FullName!);
        Engine = await Engines.AcquireAsync(context, folder, () => Task.FromResult(
            new DeploymentEngine(folder, context.Service<TimeProvider>(), context.Service<Random>(), logger)));
    }

    public IEnumerable<string> Validate()
    {
        if (Artifacts.Count == 0)
        {
            yield return "artifacts: is empty; name at least one source, such as { \"module\": \"control_plane\" }";
        }

        if (Runtimes.Count == 0)
        {
            yield return "runtimes: is empty; name at least one, such as { \"module\": \"server\" }";
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // The first configuration: an engine that has just been made has no modules yet.
        Engine.UseFirst(_modules);
        return Engine.StartAsync(cancellationToken);
    }

    public void Commit() => Engine.Use(_modules);

    /// <summary>The engine ends with its last lease.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
