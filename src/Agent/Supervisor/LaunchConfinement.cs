namespace Slipway.Agent.Supervisor;

/// <summary>What a process takes on before it becomes the program.</summary>
internal sealed record LaunchConfinement
{
    private const int NoUmask = -1;

    /// <summary>Null: as the supervisor.</summary>
    public LaunchIdentity? Identity { get; init; }

    public int? Umask { get; init; }

    public bool NoNewPrivileges { get; init; }

    /// <summary>By the kernel's numbers; -1: unlimited.</summary>
    public IReadOnlyDictionary<int, long> Limits { get; init; } = new Dictionary<int, long>();

    public void Write(BinaryWriter writer)
    {
        writer.Write(Identity is not null);
        if (Identity is { } identity)
        {
            writer.Write(identity.User);
            writer.Write(identity.Group);
            writer.Write(identity.Groups.Count);
            foreach (var group in identity.Groups)
            {
                writer.Write(group);
            }
        }

        writer.Write(Umask ?? NoUmask);
        writer.Write(NoNewPrivileges);
        writer.Write(Limits.Count);
        foreach (var (resource, limit) in Limits)
        {
            writer.Write(resource);
            writer.Write(limit);
        }
    }

    public static LaunchConfinement Read(BinaryReader reader)
    {
        var identity = reader.ReadBoolean() ? ReadIdentity(reader) : null;
        var umask = reader.ReadInt32();
        var noNewPrivileges = reader.ReadBoolean();
        var limits = new Dictionary<int, long>();
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            limits.Add(reader.ReadInt32(), reader.ReadInt64());
        }

        return new LaunchConfinement
        {
            Identity = identity,
            Umask = umask == NoUmask ? null : umask,
            NoNewPrivileges = noNewPrivileges,
            Limits = limits,
        };
    }

    private static LaunchIdentity ReadIdentity(BinaryReader reader)
    {
        var (user, group) = (reader.ReadUInt32(), reader.ReadUInt32());
        var groups = new uint[reader.ReadInt32()];
        for (var i = 0; i < groups.Length; i++)
        {
            groups[i] = reader.ReadUInt32();
        }

        return new LaunchIdentity(user, group, groups);
    }
}
