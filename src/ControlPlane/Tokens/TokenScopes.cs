namespace Slipway.ControlPlane.Tokens;

/// <summary>The words of which a token's rights are made.</summary>
internal static class TokenScopes
{
    /// <summary>All of them, as they are shown to a person who has mistyped one.</summary>
    public const string Words = "admin, read, release.push, rollout.start, rollout.abort, apply, agent.enroll";

    private static readonly string[] Whole = ["admin", "read"];
    private static readonly string[] Narrowable =
        ["release.push", "rollout.start", "rollout.abort", "apply", "agent.enroll"];

    public static bool IsKnown(string scope) =>
        Whole.Contains(scope)
        || (scope.Split(':') is [var word, .. var application]
            && Narrowable.Contains(word)
            && application is [] or [{ Length: > 0 }]);
}
