using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor;

/// <summary>Whose a socket's file is: <c>USER</c> or <c>USER:GROUP</c>, by name or number.</summary>
internal static class SocketOwner
{
    /// <summary>Null: this host does not know one of them.</summary>
    public static (uint User, uint Group)? Find(string owner)
    {
        var colon = owner.IndexOf(':', StringComparison.Ordinal);
        if (ConfinementCheck.IdentityOf(colon < 0 ? owner : owner[..colon]) is not { } identity)
        {
            return null;
        }

        var group = colon < 0 ? identity.Group : ConfinementCheck.GroupOf(owner[(colon + 1)..]);
        return group is { } number ? (identity.User, number) : null;
    }

    /// <summary>One sentence that names the field and the remedy; null: it can be done.</summary>
    public static string? WhyNot(string owner) =>
        Find(owner) is not { } found
            ? $"server.listen: this host does not know '{owner}'; create user and group, or name others."
        : Libc.CurrentUser != 0 && found.User != Libc.CurrentUser
            ? $"server.listen: the agent does not run as root and cannot give a socket to '{owner}'; run it as root, "
                + "or leave owner out."
        : null;
}
