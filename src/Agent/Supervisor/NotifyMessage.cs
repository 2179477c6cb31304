namespace Slipway.Agent.Supervisor;

/// <summary>What a program said on its NOTIFY_SOCKET.</summary>
internal readonly record struct NotifyMessage(bool IsReady, string? Status)
{
    private const string StatusKey = "STATUS=";

    public static NotifyMessage Parse(string text)
    {
        var lines = text.Split('\n');
        var status = lines.LastOrDefault(line => line.StartsWith(StatusKey, StringComparison.Ordinal))
            ?[StatusKey.Length..];
        return new NotifyMessage(lines.Contains("READY=1"), status is { Length: > 512 } ? status[..512] : status);
    }
}
