using System.Runtime.InteropServices;

namespace Slipway.Agent.Native;

/// <summary>Users and groups: finding them, and becoming one.</summary>
internal static partial class Libc
{
    private const int NoNewPrivilegesOption = 38;
    private const int MostGroups = 256;
    private const int PasswordUserOffset = 16; // struct passwd: name (8), password (8), uid (4), gid (4).
    private const int GroupNumberOffset = 16; // struct group: name (8), password (8), gid (4).

    /// <summary>The C library answers all threads in the same place.</summary>
    private static readonly Lock Accounts = new();

    /// <summary>The number of a user and of its primary group; null: there is no such user.</summary>
    public static unsafe (uint User, uint Group)? FindUser(string name)
    {
        lock (Accounts)
        {
            var entry = GetUser(name);
            return entry == null
                ? null
                : (*(uint*)(entry + PasswordUserOffset), *(uint*)(entry + PasswordUserOffset + sizeof(uint)));
        }
    }

    /// <summary>The name of a user and the number of its primary group; null: nobody has this number.</summary>
    public static unsafe (string Name, uint Group)? FindUser(uint number)
    {
        lock (Accounts)
        {
            var entry = GetUserByNumber(number);
            return entry == null
                ? null
                : (Marshal.PtrToStringUTF8(*(nint*)entry) ?? "", *(uint*)(entry + PasswordUserOffset + sizeof(uint)));
        }
    }

    /// <summary>The number of a group; null: there is no such group.</summary>
    public static unsafe uint? FindGroup(string name)
    {
        lock (Accounts)
        {
            var entry = GetGroup(name);
            return entry == null ? null : *(uint*)(entry + GroupNumberOffset);
        }
    }

    /// <summary>All groups that a user is a member of, its primary one among them.</summary>
    public static unsafe uint[] GroupsOf(string user, uint primary)
    {
        var groups = stackalloc uint[MostGroups];
        var count = MostGroups;
        return GetGroupList(user, primary, groups, &count) < 0
            ? [primary]
            : new ReadOnlySpan<uint>(groups, count).ToArray();
    }

    /// <summary>Gives up this process's user and groups for good.</summary>
    public static unsafe void BecomeUser(uint user, uint group, ReadOnlySpan<uint> groups)
    {
        fixed (uint* first = groups)
        {
            Check(SetGroups((nuint)groups.Length, first), "setgroups");
        }

        Check(SetGroupNumbers(group, group, group), "setresgid");
        Check(SetUserNumbers(user, user, user), "setresuid");
    }

    /// <summary>From now on no program that this process becomes gains rights by being executed.</summary>
    public static void ForbidNewPrivileges() => Check(ProcessControl(NoNewPrivilegesOption, 1, 0, 0, 0), "prctl");

    public static void SetFileMask(int mask) => _ = Umask(mask);

    /// <summary>Gives a file to somebody that is open, if only as a path.</summary>
    public static void GiveTo(SafeHandle file, uint user, uint group) =>
        Check(ChangeOwner(Number(file), "", user, group, EmptyPath), "fchownat");

    [LibraryImport(Library, EntryPoint = "getpwnam", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial byte* GetUser(string name);

    [LibraryImport(Library, EntryPoint = "getpwuid")]
    private static unsafe partial byte* GetUserByNumber(uint number);

    [LibraryImport(Library, EntryPoint = "getgrnam", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial byte* GetGroup(string name);

    [LibraryImport(Library, EntryPoint = "getgrouplist", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int GetGroupList(string user, uint group, uint* groups, int* count);

    [LibraryImport(Library, EntryPoint = "setgroups", SetLastError = true)]
    private static unsafe partial int SetGroups(nuint count, uint* groups);

    [LibraryImport(Library, EntryPoint = "setresgid", SetLastError = true)]
    private static partial int SetGroupNumbers(uint real, uint effective, uint saved);

    [LibraryImport(Library, EntryPoint = "setresuid", SetLastError = true)]
    private static partial int SetUserNumbers(uint real, uint effective, uint saved);

    [LibraryImport(Library, EntryPoint = "prctl", SetLastError = true)]
    private static partial int ProcessControl(int option, nuint first, nuint second, nuint third, nuint fourth);

    [LibraryImport(Library, EntryPoint = "umask")]
    private static partial int Umask(int mask);

    [LibraryImport(Library, EntryPoint = "fchownat", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(int folder, string path, uint user, uint group, int flags);
}
