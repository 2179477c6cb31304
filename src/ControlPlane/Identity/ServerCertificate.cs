using System.Net;
using System.Net.Security;
using Microsoft.Extensions.Options;
using Slipway.ControlPlane.Hosting;

namespace Slipway.ControlPlane.Identity;

/// <summary>The certificate that this server shows: in memory only, and replaced long before it expires.</summary>
internal sealed partial class ServerCertificate(
    CertificateAuthority authority,
    IOptions<HostingOptions> hosting,
    TimeProvider time,
    ILogger<ServerCertificate> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);
    private static readonly TimeSpan RenewedBefore = TimeSpan.FromDays(30);

    private volatile SslStreamCertificateContext? _current;

    public SslStreamCertificateContext Current => _current ??= Issue();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (Current.TargetCertificate.NotAfter.ToUniversalTime() - time.GetUtcNow().UtcDateTime < RenewedBefore)
            {
                _current = Issue();
                Log.Renewed(logger, _current.TargetCertificate.NotAfter);
            }
        }
    }

    private SslStreamCertificateContext Issue()
    {
        string[] always = ["localhost", "127.0.0.1", "::1", Environment.MachineName];
        var listening = hosting.Value.TlsEndpoints()
            .Where(endpoint => !endpoint.Address.Equals(IPAddress.Any))
            .Where(endpoint => !endpoint.Address.Equals(IPAddress.IPv6Any))
            .Select(endpoint => endpoint.Address.ToString());
        var names = always.Concat(listening).Concat(hosting.Value.HostNames)
            .Where(name => Uri.CheckHostName(name) != UriHostNameType.Unknown)
            .Distinct(StringComparer.OrdinalIgnoreCase);
        return SslStreamCertificateContext.Create(
            authority.IssueForServer(names),
            [authority.Certificate],
            offline: true);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The server's certificate was renewed; this one expires at {Expiry}")]
        public static partial void Renewed(ILogger logger, DateTime expiry);
    }
}
