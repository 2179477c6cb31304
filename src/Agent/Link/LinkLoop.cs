using Grpc.Core;
using Microsoft.Extensions.Logging;
using Slipway.Shared.Rpc;

namespace Slipway.Agent.Link;

/// <summary>Keeps the agent connected: enrols once, then holds session after session.</summary>
internal sealed partial class LinkLoop(
    LinkSpec spec, IdentityKeeper identities, SessionClient sessions, LinkParts parts)
{
    private readonly Backoff _backoff = new(parts.Roll());
    private readonly ILogger _logger = parts.Logger;
    private string? _lastReason;

    /// <summary>Ends only when it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var peer = await identities.GetAsync(cancellationToken);
                var end = await sessions.RunAsync(peer, cancellationToken);
                await PauseAsync(end, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (Refusal.Covers(exception))
            {
                var refusal = Refusal.Of(exception, spec.ControlPlane);
                await PauseAsync(new(refusal, WasWelcome: false, TimeSpan.Zero, Pause: null), cancellationToken);
            }
        }
    }

    private async Task PauseAsync(SessionEnd end, CancellationToken cancellationToken)
    {
        if (end.WasWelcome)
        {
            _lastReason = null;
        }

        if (end.WasWelcome && end.Lasted >= Backoff.StableAfter)
        {
            _backoff.Reset();
        }

        var delay = end switch
        {
            { Pause: { } pause } => _backoff.Between(pause.Min, pause.Max),
            { Refusal.NeedsPerson: true } => _backoff.NextSlow(),
            _ => _backoff.Next(),
        };
        Tell(end, delay);
        await Task.Delay(delay, parts.TimeProvider, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // The same trouble is told once: an agent that is offline for a day must not fill the log.
    private void Tell(SessionEnd end, TimeSpan delay)
    {
        if (end.Refusal is not { } refusal)
        {
            Log.Drained(_logger, delay.TotalSeconds);
        }
        else if (refusal.Problem.Reason == _lastReason)
        {
            Log.StillOffline(_logger, refusal.Problem.Message, delay.TotalSeconds);
        }
        else if (refusal.NeedsPerson)
        {
            Log.Refused(_logger, spec.ControlPlane, refusal.Problem.Message, Remedy(refusal.Problem));
        }
        else
        {
            Log.Offline(_logger, refusal.Problem.Message, delay.TotalSeconds);
        }

        _lastReason = end.Refusal?.Problem.Reason;
    }

    private string Remedy(Problem problem) => problem switch
    {
        { Reason: "TOKEN_EXPIRED" or "TOKEN_INVALID" or "TOKEN_USED_UP" or "NO_TOKEN" } =>
            $"Make a new one with 'deployctl agent token create' and put it into {spec.TokenFile ?? "token_file"}.",
        { Reason: "CERTIFICATE_EXPIRED" or "AGENT_REMOVED" or "AGENT_NOT_FOUND" } =>
            $"To enrol this host again, put a new token into {spec.TokenFile ?? "token_file"}, remove the folder "
            + $"{identities.Folder} and restart the agent.",
        { Reason: "AGENT_TOO_OLD" } => "Install the agent that belongs to the control plane's version.",
        { Code: StatusCode.AlreadyExists } =>
            "Give this host another name in the configuration, or remove the other with 'deployctl agent remove'.",
        _ => "",
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning,
            "Offline, everything keeps running: {Why} Trying again, first in {Seconds:F1} s")]
        public static partial void Offline(ILogger logger, string why, double seconds);

        [LoggerMessage(2, LogLevel.Debug, "Still offline: {Why} Trying again in {Seconds:F1} s")]
        public static partial void StillOffline(ILogger logger, string why, double seconds);

        [LoggerMessage(3, LogLevel.Error,
            "{ControlPlane} refuses this agent, everything keeps running: {Why} {Remedy}")]
        public static partial void Refused(ILogger logger, Uri controlPlane, string why, string remedy);

        [LoggerMessage(4, LogLevel.Information, "The control plane asks to come back in {Seconds:F1} s")]
        public static partial void Drained(ILogger logger, double seconds);
    }
}
