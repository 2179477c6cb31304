using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Registry;

namespace Slipway.ControlPlane.Logs;

/// <summary>One agent's lines for one reader, over broken supplies and sessions: none twice, none left out.</summary>
internal sealed class AgentTail(TailTarget agent, TailOrder wish, TailParts parts)
{
    private const int MostTries = 3;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CrowdedPause = TimeSpan.FromSeconds(5);

    private readonly Channel<TailPart> _output = Channel.CreateBounded<TailPart>(2);
    private readonly bool _isFollowing = wish.IsFollowing;
    private TailOrder _wish = wish;
    private bool _hasProgress;

    public TailTarget Agent => agent;

    public ChannelReader<TailPart> Output => _output.Reader;

    /// <summary>Why there was nothing, when it has ended; null: there was.</summary>
    public TailPart? Failure { get; private set; }

    private string Afterwards => _isFollowing ? "; its lines follow when it is back." : ".";

    /// <summary>Ends when all is read; with a reader that follows, only if there can never be more.</summary>
    /// <param name="first">What is said of it before; null: nothing.</param>
    /// <param name="wake">Called when there is something new.</param>
    /// <param name="cancellationToken">The reader leaves.</param>
    public async Task RunAsync(TailPart? first, Action wake, CancellationToken cancellationToken)
    {
        try
        {
            if (first is not null)
            {
                await SayAsync(first, wake, cancellationToken);
            }

            var (tries, pause, told) = (1, FirstPause, "");
            while (!await TryAsync(wake, cancellationToken))
            {
                if (!_isFollowing && tries >= MostTries)
                {
                    Failure ??= Refusal("AGENT_SILENT", "breaks off again and again.");
                }

                // Nothing comes for now: the others need not wait for it.
                var isSure = Failure is not null && (!Failure.IsDoubtful || tries >= MostTries);
                await SayAsync(
                    isSure && Failure!.Reason != told ? Failure : TailPart.Pause, wake, cancellationToken);
                told = isSure ? Failure!.Reason : "";
                if (isSure && (!_isFollowing || Failure!.IsFinal))
                {
                    return;
                }

                await Task.Delay(
                    Failure is { IsCrowded: true } ? CrowdedPause : pause, parts.Time, cancellationToken);
                (tries, pause) = (tries + 1, pause * 2 < LongestPause ? pause * 2 : LongestPause);
                if (_hasProgress)
                {
                    (tries, pause, _hasProgress) = (1, FirstPause, false);
                }
            }
        }
        finally
        {
            _output.Writer.TryComplete();
            wake();
        }
    }

    /// <summary>Whether all was read; if not, <see cref="Failure"/> says why when there is a reason.</summary>
    private async Task<bool> TryAsync(Action wake, CancellationToken cancellationToken)
    {
        Failure = await FindOfflineAsync(cancellationToken);
        if (Failure is not null)
        {
            return false;
        }

        var leg = parts.Tails.Open(agent.Id);
        try
        {
            await using var listening = await parts.Bridge.ListenAsync(leg);
            Failure = await AskAsync(_wish with { Id = leg.Id }, isShared: listening is not null);
            return Failure is null && await ReadAsync(leg, wake, cancellationToken);
        }
        finally
        {
            parts.Tails.Close(leg);
        }
    }

    private async Task<bool> ReadAsync(TailLeg leg, Action wake, CancellationToken cancellationToken)
    {
        var isAtEnd = false;
        var hasHeard = false;
        while (true)
        {
            TailPart? part;
            using var limit = new CancellationTokenSource(Silence, parts.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            try
            {
                part = await leg.NextAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                Failure = hasHeard ? null : Refusal(
                    "AGENT_SILENT", "was asked for the log and does not supply it: see what its agent says.");
                return false;
            }

            if (part is null)
            {
                return isAtEnd && !_isFollowing;
            }

            if (part.Reason.Length > 0)
            {
                Failure = Named(part);
                return false;
            }

            hasHeard = true;
            isAtEnd = part.IsAtEnd;
            await SayAsync(part, wake, cancellationToken);
            if (part.Cursor.Length > 0 && part.Cursor != _wish.Cursor)
            {
                (_wish, _hasProgress) = (_wish with { Cursor = part.Cursor }, true);
            }
        }
    }

    /// <summary>Null: it was asked.</summary>
    private async Task<TailPart?> AskAsync(TailOrder order, bool isShared)
    {
        if (parts.Sessions.Find(agent.Id) is { } session)
        {
            return TailBridge.AskHere(session, order) is { } refusal ? Named(refusal) : null;
        }

        return isShared && await parts.Bridge.AskAsync(agent.Id, order) ? null : Refusal(
            "SESSION_ELSEWHERE",
            "is connected to another control plane, and Redis, which joins them, is missing or away.");
    }

    private async Task<TailPart?> FindOfflineAsync(CancellationToken cancellationToken)
    {
        if (parts.Sessions.Find(agent.Id) is not null)
        {
            return null;
        }

        var row = await parts.Database.ReadAsync(
            (context, token) => context.Agents.Where(row => row.Id == agent.Id)
                .Select(row => new { row.SessionId, row.LastSeenAt, row.RemovedAt }).SingleOrDefaultAsync(token),
            cancellationToken);
        if (row is null or { RemovedAt: not null })
        {
            return Refusal("AGENT_REMOVED", "was removed.");
        }

        return row.SessionId is not null ? null : Refusal(
            "AGENT_OFFLINE",
            row.LastSeenAt is { } seen
                ? $"is offline since {seen.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z{Afterwards}"
                : $"has never been online{Afterwards}");
    }

    private TailPart Named(TailPart refusal) => refusal with { Message = $"{agent.Name}: {refusal.Message}" };

    private TailPart Refusal(string reason, string what) => TailPart.Refusal(reason, $"{agent.Name} {what}");

    private async Task SayAsync(TailPart part, Action wake, CancellationToken cancellationToken)
    {
        await _output.Writer.WriteAsync(part, cancellationToken);
        wake();
    }
}
