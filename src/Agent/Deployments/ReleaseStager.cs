namespace Slipway.Agent.Deployments;

/// <summary>Brings releases of one workload to the disk, prepared by their runtime, and puts them right.</summary>
internal sealed class ReleaseStager(WorkloadKey key, EngineParts parts)
{
    private readonly ReleaseStore _releases = new(parts.Folder.WorkloadOf(key));

    /// <summary>Brings the artifact into the cache, if it will be needed.</summary>
    public async Task FetchAsync(Workload workload, CancellationToken cancellationToken)
    {
        if (IsToBeUnpacked(workload))
        {
            await parts.Cache.GetAsync(workload.Artifact!, parts.Modules().Sources, cancellationToken);
        }
    }

    /// <summary>Unpacks the release and runs what belongs before its start. May be done again.</summary>
    /// <exception cref="DeploymentException">It cannot be done: the attempt has failed.</exception>
    public async Task StageAsync(Workload workload, CancellationToken cancellationToken)
    {
        if (IsToBeUnpacked(workload))
        {
            await UnpackAsync(workload, cancellationToken);
        }

        // Files that a hook prepares become visible with all that it did to them; a program's release is in use.
        if (workload.Kind is RuntimeKind.Server or RuntimeKind.Agent)
        {
            await PrepareAsync(workload, _releases.PathOf(workload), cancellationToken);
        }
    }

    /// <summary>Unpacks the release again if it is not what it was.</summary>
    /// <exception cref="DeploymentException">It cannot be had any more.</exception>
    public async Task RepairAsync(Workload workload, CancellationToken cancellationToken)
    {
        if (!_releases.Has(workload) || IsDamaged(workload))
        {
            await UnpackAsync(workload, cancellationToken);
        }
    }

    /// <summary>Ends a hook that was left by an earlier run of the agent, and what was left half done.</summary>
    public void Recover()
    {
        new HookMark(parts.Folder.WorkloadOf(key)).EndStraggler();
        _releases.Sweep();
    }

    // Prepared by a hook, it is made anew for each deployment: what the hook did then may be out of date.
    private bool IsToBeUnpacked(Workload workload) =>
        !_releases.Has(workload) || (workload.Kind == RuntimeKind.Assets && workload.Before is not null)
        || IsDamaged(workload);

    private bool IsDamaged(Workload workload) => workload.Kind == RuntimeKind.Assets
        && _releases.Manifests.FindDamage(_releases.PathOf(workload), isThorough: true) is not null;

    private async Task UnpackAsync(Workload workload, CancellationToken cancellationToken)
    {
        await parts.Slots.WaitAsync(cancellationToken);
        try
        {
            var archive = await parts.Cache.GetAsync(
                workload.Artifact!, parts.Modules().Sources, cancellationToken);
            await _releases.StageAsync(
                workload, archive, folder => FinishAsync(workload, folder, cancellationToken), cancellationToken);
        }
        finally
        {
            parts.Slots.Release();
        }
    }

    private async Task FinishAsync(Workload workload, string folder, CancellationToken cancellationToken)
    {
        if (workload.Kind == RuntimeKind.Assets)
        {
            await PrepareAsync(workload, folder, cancellationToken);
            _releases.Manifests.Save(_releases.PathOf(workload), folder);
        }
    }

    private Task PrepareAsync(Workload workload, string release, CancellationToken cancellationToken) =>
        parts.Modules().RuntimeOf(workload)
            .PrepareAsync(parts.Folder.WorkloadOf(key), workload, release, cancellationToken);
}
