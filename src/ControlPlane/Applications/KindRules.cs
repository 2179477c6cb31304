using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Applications;

/// <summary>What makes the kinds beside servers acceptable, and the hooks of all.</summary>
internal static class KindRules
{
    private const int MaxPathLength = 1024;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static void CheckAssets(AssetsSpec assets, FieldViolations violations)
    {
        violations.Check(
            assets.Link.Length == 0 || IsLink(assets.Link),
            "assets.link",
            $"'{assets.Link}' is no path for a link; write an absolute one without '.', '..' and a slash at its end, "
                + "such as /srv/www/shop/current");
        CheckHook("assets.before", assets.Before, violations);
        CheckHook("assets.after", assets.After, violations);
        SpecRules.CheckVariables("assets.environment", assets.Environment, violations);
        SpecRules.CheckNumber("assets.keep_releases", assets.KeepReleases, (1, 100), violations);
    }

    public static void CheckAgent(AgentSpec agent, FieldViolations violations)
    {
        SpecRules.CheckTime("agent.start_timeout", agent.StartTimeout, (Second, 24 * Hour), violations);
        SpecRules.CheckTime("agent.confirm_timeout", agent.ConfirmTimeout, (Second, Hour), violations);
    }

    public static void CheckHook(string field, HookSpec? hook, FieldViolations violations)
    {
        if (hook is not null)
        {
            ApplicationRules.CheckCommand($"{field}.command", hook.Command, violations);
            SpecRules.CheckTime($"{field}.timeout", hook.Timeout, (Second / 10, Hour), violations);
        }
    }

    private static bool IsLink(string path) =>
        path.Length is > 1 and <= MaxPathLength && path[0] == '/' && !path.Any(char.IsControl)
        && path[1..].Split('/').All(part => part is not ("" or "." or ".."));
}
