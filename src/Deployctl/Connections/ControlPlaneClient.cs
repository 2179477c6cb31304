using Grpc.Core;
using Grpc.Net.Client;

namespace Slipway.Deployctl.Connections;

/// <summary>The control plane's services over one connection; every unary call gets a deadline.</summary>
internal sealed class ControlPlaneClient : IDisposable
{
    private static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(30);

    private readonly GrpcChannel _channel;
    private readonly TimeSpan _deadline;
    private readonly TimeProvider _time;

    private ControlPlaneClient(ServerAccess access, GrpcChannel channel, TimeSpan? timeout, TimeProvider time)
    {
        Access = access;
        _channel = channel;
        _deadline = timeout ?? DefaultDeadline;
        _time = time;
    }

    public ServerAccess Access { get; }

    public V1.Applications.ApplicationsClient Applications => new(_channel);

    public V1.Environments.EnvironmentsClient Environments => new(_channel);

    public V1.Releases.ReleasesClient Releases => new(_channel);

    public V1.Rollouts.RolloutsClient Rollouts => new(_channel);

    public V1.History.HistoryClient History => new(_channel);

    public V1.Logs.LogsClient Logs => new(_channel);

    public V1.Agents.AgentsClient Agents => new(_channel);

    public V1.Tokens.TokensClient Tokens => new(_channel);

    public V1.Audit.AuditClient Audit => new(_channel);

    /// <summary>Opens a connection; nothing is sent yet, unless the authority has to be learnt first.</summary>
    public static async Task<ControlPlaneClient> ConnectAsync(
        ServerAccess access,
        TimeSpan? timeout,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (access is { Authority: null, Server.Scheme: "https" })
        {
            var pem = await PinnedAuthority.FetchAsync(access.Server, access.Token, cancellationToken);
            access = access with { Authority = pem };
        }

        return Open(access, timeout, time);
    }

    public static ControlPlaneClient Open(ServerAccess access, TimeSpan? timeout, TimeProvider time)
    {
        var sockets = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingDelay = TimeSpan.FromSeconds(20),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(20),
            EnableMultipleHttp2Connections = true,
            UseProxy = false,
        };
        if (access.Authority is { } pem)
        {
            sockets.SslOptions = PinnedAuthority.OptionsFor(pem, access.Server);
        }

        var channel = GrpcChannel.ForAddress(access.Server, new GrpcChannelOptions
        {
            HttpHandler = new BearerHandler(access.Token, sockets),
            DisposeHttpClient = true,
            MaxReceiveMessageSize = 64 << 20,
        });
        return new(access, channel, timeout, time);
    }

    /// <summary>For one question and its answer.</summary>
    public CallOptions Unary(CancellationToken cancellationToken) =>
        new(deadline: _time.GetUtcNow().UtcDateTime + _deadline, cancellationToken: cancellationToken);

    /// <summary>For a stream, which its caller ends; a dead connection is noticed by pings.</summary>
    public static CallOptions Stream(CancellationToken cancellationToken) => new(cancellationToken: cancellationToken);

    public void Dispose() => _channel.Dispose();
}
