namespace Slipway.Shared.Modules;

/// <summary>A module that runs: it is named directly under <c>apps</c>.</summary>
public interface IApp
{
    /// <summary>Begins the work and returns; the apps that this one asked for have been started.</summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Ends the work; also called when <see cref="StartAsync"/> failed half-way.</summary>
    /// <param name="cancellationToken">Ends the grace: what is not done by then is dropped.</param>
    Task StopAsync(CancellationToken cancellationToken);
}
