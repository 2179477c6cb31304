using System.Net;

namespace Tests.Kit.Load;

/// <summary>A closed loop: each connection sends its next request when it has the answer to the one before.</summary>
public sealed record LoadOptions(IPEndPoint Target)
{
    public string Path { get; init; } = "/";

    public int Connections { get; init; } = 4;

    /// <summary>False: a connection for each request.</summary>
    public bool KeepAlive { get; init; } = true;

    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Between an answer and the next request of the same connection.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>What answers are counted by. The sample programs say "NAME VERSION from PID".</summary>
    public Func<string, string> Classify { get; init; } =
        body => body.Split(' ') is [_, var version, ..] ? version : body;
}
