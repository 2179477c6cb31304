using Grpc.Core;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Identity;

/// <summary>Who makes a call, and what he may.</summary>
internal sealed record Caller
{
    public const string Admin = "admin";
    public const string Read = "read";

    private Caller(string actor, IReadOnlyList<string> scopes)
    {
        Actor = actor;
        Scopes = scopes;
    }

    /// <summary>The control plane itself.</summary>
    public static Caller System { get; } = new("system", [Admin]);

    /// <summary><c>token:NAME</c>, <c>agent:NAME</c>, <c>system</c> or <c>anonymous</c>, as in the audit log.</summary>
    public string Actor { get; }

    /// <summary>The token's or agent's name alone.</summary>
    public string Name => Actor[(Actor.IndexOf(':', StringComparison.Ordinal) + 1)..];

    public IReadOnlyList<string> Scopes { get; }

    /// <summary>Set when the caller is an agent.</summary>
    public Guid? AgentId { get; private init; }

    /// <summary>Set when the caller has a token.</summary>
    public string? TokenId { get; private init; }

    public string RemoteAddress { get; private init; } = "";

    public static Caller Token(string id, string name, IReadOnlyList<string> scopes, string remoteAddress) =>
        new($"token:{name}", scopes) { TokenId = id, RemoteAddress = remoteAddress };

    public static Caller Agent(Guid id, string name, string remoteAddress) =>
        new($"agent:{name}", []) { AgentId = id, RemoteAddress = remoteAddress };

    public static Caller Anonymous(string remoteAddress) => new("anonymous", []) { RemoteAddress = remoteAddress };

    /// <summary>The caller of a gRPC method; whoever is not known got no further than the interceptor.</summary>
    public static Caller Of(ServerCallContext context) => Of(context.GetHttpContext());

    public static Caller Of(HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("Nobody looked who the caller is.");

    /// <summary>Whether the scope, or one that includes it, is held.</summary>
    /// <remarks>Whoever may do something to an application may read that application.</remarks>
    public bool May(string scope, string? application = null) => Scopes.Any(held =>
        held == Admin
        || held == scope
        || (application is not null && held == $"{scope}:{application}")
        || (scope == Read && application is not null && held != Read && Covers(held, application)));

    /// <exception cref="ProblemException">PERMISSION_DENIED: the caller has not got the scope.</exception>
    public void Demand(string scope, string? application = null)
    {
        if (!May(scope, application))
        {
            throw Denied(application is null ? scope : $"{scope}:{application}");
        }
    }

    /// <exception cref="ProblemException">PERMISSION_DENIED: the caller is no agent.</exception>
    public Guid DemandAgent() => AgentId ?? throw new ProblemException(new Problem(
        StatusCode.PermissionDenied,
        "PERMISSION_DENIED",
        $"Only an agent may do this, with its certificate; {Actor} is none."));

    private static bool Covers(string held, string application) =>
        !held.Contains(':', StringComparison.Ordinal) || held.EndsWith($":{application}", StringComparison.Ordinal);

    private ProblemException Denied(string scope) => new(new Problem(
        StatusCode.PermissionDenied,
        "PERMISSION_DENIED",
        $"{Actor} may not do this: it needs the scope '{scope}'. Create a token that has it.")
    {
        Metadata = new Dictionary<string, string> { ["scope"] = scope },
    });
}
