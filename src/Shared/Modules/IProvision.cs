namespace Slipway.Shared.Modules;

/// <summary>A module that needs others, or services, before it is complete.</summary>
public interface IProvision
{
    /// <summary>
    /// Loads guests and gets services. Opens, binds and contacts nothing: a configuration that is only checked comes
    /// this far too, and the running one still runs. <see cref="ModuleContext.OnUnload"/> gives back what was taken.
    /// </summary>
    Task ProvisionAsync(ModuleContext context, CancellationToken cancellationToken);
}
