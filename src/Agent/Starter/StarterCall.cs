using System.ComponentModel;
using System.Text;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;

namespace Slipway.Agent.Starter;

/// <summary>How start_server was called, and how it calls itself: with the same words, so that ps shows them.</summary>
internal sealed class StarterCall
{
    /// <summary>Said in this variable, which no worker gets, a line a word.</summary>
    private const string Variable = "SLIPWAY_START_SERVER";

    private const string Command = "start-server";
    private const string Deleted = " (deleted)";
    private const int MostPath = 4096;

    private readonly string[] _words;

    private StarterCall(string[] words, string[] arguments)
    {
        (_words, Arguments) = (words, arguments);
        Orders = Environment.GetEnvironmentVariable(Variable)?.Split('\n') ?? [];
        Environment.SetEnvironmentVariable(Variable, value: null);
    }

    /// <summary>What the user said.</summary>
    public string[] Arguments { get; }

    /// <summary>What this program said to itself when it started itself; empty: it did not.</summary>
    public string[] Orders { get; }

    /// <summary>The call that this process was started by; null: somebody else was called.</summary>
    public static StarterCall? Find(string[] arguments)
    {
        var name = Name();
        return arguments is [Command, .. var rest] ? new StarterCall([name, Command], rest)
            : IsOurs(name) ? new StarterCall([name], arguments)
            : null;
    }

    /// <summary>The whole command line, with something in front of the user's arguments.</summary>
    public IReadOnlyList<string> Words(params ReadOnlySpan<string> first) => [.. _words, .. first, .. Arguments];

    /// <summary>The environment for this program, which finds the orders there.</summary>
    public static IReadOnlyList<string> EnvironmentWith(IReadOnlyList<string> orders) => orders.Count == 0
        ? ChildLauncher.OwnEnvironment()
        : [.. ChildLauncher.OwnEnvironment(), $"{Variable}={string.Join('\n', orders)}"];

    /// <summary>
    /// The path that this program was started by, if it still leads there, so that a link may lead to another one
    /// later; otherwise where it lies, or lay.
    /// </summary>
    public static string FindProgram()
    {
        if (Libc.StartedAs() is { Length: > 0 } given && Path.GetFullPath(given) is var path
            && !path.StartsWith("/proc/", StringComparison.Ordinal) && IsThis(path))
        {
            return path;
        }

        Span<byte> buffer = stackalloc byte[MostPath];
        return PathOf(Encoding.UTF8.GetString(Libc.ReadLink("/proc/self/exe\0"u8, buffer)));
    }

    /// <summary>The path that a link in /proc had before its file was replaced.</summary>
    public static string PathOf(string link) =>
        link.EndsWith(Deleted, StringComparison.Ordinal) ? link[..^Deleted.Length] : link;

    /// <summary>Whether a name that a program is called by is start_server's.</summary>
    public static bool IsOurs(string name) => name[(name.LastIndexOf('/') + 1)..] == StarterRole.Name;

    private static string Name()
    {
        Span<byte> buffer = stackalloc byte[MostPath];
        var line = Libc.ReadStart("/proc/self/cmdline\0"u8, buffer);
        var end = line.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? line : line[..end]);
    }

    private static bool IsThis(string path)
    {
        try
        {
            return Libc.IdentifyTarget(path) is { } given && given == Libc.IdentifyTarget(ChildLauncher.Self);
        }
        catch (Win32Exception)
        {
            return false; // It may be reached from where it was called, but not from the root.
        }
    }
}
