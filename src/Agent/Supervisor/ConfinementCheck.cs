using System.Collections.Frozen;
using System.Globalization;
using Slipway.Agent.Cgroups;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor;

/// <summary>Finds what of a confinement this host cannot do, and puts the rest into numbers.</summary>
internal static class ConfinementCheck
{
    private static readonly FrozenDictionary<string, int> Resources = new Dictionary<string, int>
    {
        ["as"] = 9,
        ["core"] = 4,
        ["cpu"] = 0,
        ["data"] = 2,
        ["fsize"] = 1,
        ["memlock"] = 8,
        ["nofile"] = Libc.LimitOfFiles,
        ["nproc"] = 6,
        ["stack"] = 3,
    }.ToFrozenDictionary();

    /// <summary>One sentence that names the field and the remedy; null: it can be done.</summary>
    public static string? Find(GenerationSpec spec)
    {
        if (spec.Server.Confinement is not { } confinement)
        {
            return null;
        }

        var unknown = confinement.ResourceLimits?.Keys.FirstOrDefault(name => !Resources.ContainsKey(name));
        if (unknown is not null)
        {
            return $"server.rlimits.{unknown}: is unknown; use one of {string.Join(", ", Resources.Keys.Order())}.";
        }

        if (confinement.WorkingDirectory is { } folder && !Directory.Exists(FolderOf(spec)))
        {
            return $"server.working_directory: the release has no folder {folder}; name one that it has.";
        }

        return FindIdentity(confinement, out var identity) is { } problem ? problem
            : identity is not null && Libc.CurrentUser != 0
                && (identity.User != Libc.CurrentUser || confinement.Groups is not null)
                ? "server.user: the agent does not run as root and can start programs only as itself; run it as "
                    + "root, or leave user and groups out."
                : CgroupTree.WhyNot(LimitsOf(spec));
    }

    /// <summary>The folder that the program is started in.</summary>
    public static string FolderOf(GenerationSpec spec) =>
        Path.Combine(spec.WorkingDirectory, spec.Server.Confinement?.WorkingDirectory ?? "");

    public static CgroupLimits LimitsOf(GenerationSpec spec) => spec.Server.Confinement is { } confinement
        ? new CgroupLimits(confinement.MemoryMax, confinement.Cpu, confinement.PidsMax)
        : new CgroupLimits(Memory: null, Cpu: null, Pids: null);

    /// <summary>The same in numbers; what cannot be done is left out.</summary>
    public static LaunchConfinement Resolve(ConfinementSpec? confinement)
    {
        if (confinement is null)
        {
            return new LaunchConfinement();
        }

        _ = FindIdentity(confinement, out var identity);
        return new LaunchConfinement
        {
            Identity = Libc.CurrentUser == 0 ? identity : null,
            Umask = confinement.Umask,
            NoNewPrivileges = confinement.NoNewPrivileges ?? (confinement.User is not null),
            Limits = (confinement.ResourceLimits ?? new Dictionary<string, long>())
                .ToDictionary(limit => Resources[limit.Key], limit => limit.Value),
        };
    }

    private static string? FindIdentity(ConfinementSpec confinement, out LaunchIdentity? identity)
    {
        identity = null;
        var groups = new List<uint>();
        foreach (var name in confinement.Groups ?? [])
        {
            if (GroupOf(name) is not { } group)
            {
                return $"server.groups: there is no group '{name}' on this host; create it, or name another.";
            }

            groups.Add(group);
        }

        if (confinement.User is not { } user)
        {
            identity = groups.Count == 0 ? null : new LaunchIdentity(Libc.CurrentUser, groups[0], groups);
            return null;
        }

        identity = IdentityOf(user);
        if (identity is null)
        {
            return $"server.user: there is no user '{user}' on this host; create it, or name another.";
        }

        if (groups.Count > 0)
        {
            identity = identity with { Group = groups[0], Groups = groups };
        }

        return null;
    }

    /// <summary>Somebody by name or number; null: this host has no such user.</summary>
    public static LaunchIdentity? IdentityOf(string user)
    {
        if (NumberOf(user) is { } number)
        {
            // A number that nobody has stands for a group of the same number, as containers do it.
            return Libc.FindUser(number) is var (name, primary)
                ? new LaunchIdentity(number, primary, Libc.GroupsOf(name, primary))
                : new LaunchIdentity(number, number, [number]);
        }

        return Libc.FindUser(user) is var (found, group)
            ? new LaunchIdentity(found, group, Libc.GroupsOf(user, group))
            : null;
    }

    /// <summary>A group by name or number; null: this host has none of this name.</summary>
    public static uint? GroupOf(string name) => NumberOf(name) ?? Libc.FindGroup(name);

    private static uint? NumberOf(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
