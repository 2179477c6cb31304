using Grpc.Core;
using Slipway.ControlPlane.Hosting;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Storage;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Audit;

/// <summary>Writes refused calls into the audit log: all of known callers, some each minute of others.</summary>
internal sealed partial class DenialInterceptor(
    Database database,
    AuditLog audit,
    DenialBudget budget,
    ILogger<DenialInterceptor> logger) : CallInterceptor
{
    protected override async Task AroundAsync(ServerCallContext context, Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (ProblemException refusal) when (refusal.Problem.Code is StatusCode.PermissionDenied
            or StatusCode.Unauthenticated)
        {
            await NoteAsync(context, refusal.Problem);
            throw;
        }
    }

    private async Task NoteAsync(ServerCallContext context, Problem problem)
    {
        var caller = Caller.Of(context);
        if (problem.Code == StatusCode.Unauthenticated && !budget.TryTake())
        {
            Log.NotNoted(logger, context.Method, caller.RemoteAddress, problem.Reason);
            return;
        }

        await database.WriteAsync(
            (tables, _) =>
            {
                audit.AppendDenied(tables, caller, VerbOf(context.Method), $"{problem.Reason}: {problem.Message}");
                return Task.CompletedTask;
            },
            context.CancellationToken);
    }

    // From /slipway.v1.Rollouts/Start to rollouts.start.
    private static string VerbOf(string method) =>
        method[(method.LastIndexOf('.') + 1)..].Replace('/', '.').ToLowerInvariant();

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning,
            "{Method} from {Address} refused ({Reason}); too many to put into the audit log")]
        public static partial void NotNoted(ILogger logger, string method, string address, string reason);
    }
}

/// <summary>Strangers must not be able to fill the disk: so many of their calls are noted a minute.</summary>
internal sealed class DenialBudget(TimeProvider time)
{
    private const int PerMinute = 60;

    private readonly Lock _lock = new();
    private long _minute;
    private int _taken;

    public bool TryTake()
    {
        lock (_lock)
        {
            var minute = time.GetUtcNow().ToUnixTimeSeconds() / 60;
            if (minute != _minute)
            {
                (_minute, _taken) = (minute, 0);
            }

            return ++_taken <= PerMinute;
        }
    }
}
