using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Slipway.ControlPlane.Audit;

/// <summary>Verifies the log at the start and once a day, and tells health checks how it went.</summary>
internal sealed partial class AuditLoop(AuditVerifier verifier, TimeProvider time, ILogger<AuditLoop> logger)
    : BackgroundService, IHealthCheck
{
    private static readonly TimeSpan Pause = TimeSpan.FromDays(1);

    private volatile string? _finding;

    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default) =>
        Task.FromResult(_finding is { } finding ? HealthCheckResult.Degraded(finding) : HealthCheckResult.Healthy());

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        do
        {
            try
            {
                var broken = await verifier.FindBreakAsync(stoppingToken);
                _finding = broken is null ? null : $"The audit log is broken at entry {broken}.";
                if (broken is { } sequence)
                {
                    Log.Broken(logger, sequence);
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The audit log is broken: entry {Sequence} is missing or was changed")]
        public static partial void Broken(ILogger logger, long sequence);

        [LoggerMessage(2, LogLevel.Warning, "The audit log could not be verified; trying again tomorrow")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
