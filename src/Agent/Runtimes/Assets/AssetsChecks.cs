using Slipway.Agent.Deployments;

namespace Slipway.Agent.Runtimes.Assets;

/// <summary>Looks at static files: the link always, the files now and then, all that they hold seldom.</summary>
internal sealed class AssetsChecks(ReleaseManifests manifests, AssetsPauses pauses, TimeProvider timeProvider)
{
    private long _hashed = timeProvider.GetTimestamp();
    private long? _checked;

    /// <summary>What was wrong last; null: nothing yet.</summary>
    public string? LastDamage { get; private set; }

    /// <summary>What is wrong now, as a sentence's end; null: nothing that is known.</summary>
    public string? FindDamage(AssetsInstance current)
    {
        var damage = new AssetsLink(current.Link).FindDamage(current.Release) ?? FindDamage(current.Release);
        LastDamage = damage ?? LastDamage;
        return damage;
    }

    /// <summary>Another release, or the same put right, is looked at from the beginning.</summary>
    public void Forget() => (_checked, LastDamage) = (null, null);

    private string? FindDamage(string release)
    {
        var isHashTime = timeProvider.GetElapsedTime(_hashed) >= pauses.Hash;
        if (!isHashTime && _checked is { } last && timeProvider.GetElapsedTime(last) < pauses.Check)
        {
            return Directory.Exists(release) ? null : manifests.FindDamage(release, isThorough: false);
        }

        if (manifests.FindDamage(release, isHashTime) is { } damage)
        {
            return damage; // Not remembered as looked at: it is looked at again until it is put right.
        }

        _checked = timeProvider.GetTimestamp();
        _hashed = isHashTime ? _checked.Value : _hashed;
        return null;
    }
}
