using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Slipway.ControlPlane;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Storage;

namespace Tests.Integration.ControlPlane;

/// <summary>A real control plane over TLS on a free port, in a folder of its own.</summary>
/// <remarks>Disposing it fails the test when it has logged an error.</remarks>
internal sealed class ControlPlaneHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly bool _ownsFolder;
    private readonly List<GrpcChannel> _channels = [];

    private ControlPlaneHost(WebApplication app, string folder, bool ownsFolder, string adminToken)
    {
        _app = app;
        _ownsFolder = ownsFolder;
        Folder = folder;
        AdminToken = adminToken;
        Address = AddressOf("https");
        Authority = app.Services.GetRequiredService<CertificateAuthority>().Certificate;
        Admin = ChannelWithToken(adminToken);
    }

    /// <summary>The data directory.</summary>
    public string Folder { get; }

    /// <summary>Such as https://127.0.0.1:41234.</summary>
    public Uri Address { get; }

    /// <summary>The address without TLS, if Hosting:InsecureListen was set.</summary>
    public Uri InsecureAddress => AddressOf("http");

    public string AdminToken { get; }

    /// <summary>With the administrator's token.</summary>
    public GrpcChannel Admin { get; }

    public X509Certificate2 Authority { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Expected errors, by a part of their text: they do not fail the test.</summary>
    public IList<string> ExpectedErrors { get; } = [];

    /// <summary>Starts one.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="configure">Adds settings or services, such as a FakeTimeProvider, before ours.</param>
    /// <param name="folder">The data directory of an earlier one; by default a new one, deleted at the end.</param>
    public static async Task<ControlPlaneHost> StartAsync(
        CancellationToken cancellationToken,
        Action<WebApplicationBuilder>? configure = null,
        string? folder = null)
    {
        var home = folder ?? Directory.CreateTempSubdirectory("slipway-cp-").FullName;
        var tokenFile = Path.Combine(home, "admin.token");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(
        [
            new("Hosting:DataDirectory", home),
            new("Hosting:Listen:0", "127.0.0.1:0"),
            new("Identity:BootstrapTokenFile", tokenFile),
        ]);
        builder.Logging.ClearProviders().AddFakeLogging();
        configure?.Invoke(builder);

        var app = ControlPlaneApp.Build(builder);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        var token = await File.ReadAllTextAsync(tokenFile, cancellationToken);
        return new ControlPlaneHost(app, home, folder is null, token.Trim());
    }

    /// <summary>A channel without credentials.</summary>
    public GrpcChannel Anonymous() => Channel(Handler(), ChannelCredentials.SecureSsl);

    /// <summary>A channel with a token of people or CI.</summary>
    public GrpcChannel ChannelWithToken(string token)
    {
        var credentials = CallCredentials.FromInterceptor((_, metadata) =>
        {
            metadata.Add("authorization", $"Bearer {token}");
            return Task.CompletedTask;
        });
        return Channel(Handler(), ChannelCredentials.Create(ChannelCredentials.SecureSsl, credentials));
    }

    /// <summary>A channel with an agent's certificate, which has its private key.</summary>
    public GrpcChannel ChannelWithCertificate(X509Certificate2 certificate) =>
        Channel(Handler(certificate), ChannelCredentials.SecureSsl);

    /// <summary>A client for the plain HTTP endpoints.</summary>
    public HttpClient HttpClient(string? token = null, X509Certificate2? certificate = null)
    {
        var client = new HttpClient(Handler(certificate)) { BaseAddress = Address };
        if (token is not null)
        {
            client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        }

        return client;
    }

    /// <summary>A handler that trusts this control plane's authority and nothing else.</summary>
    public SocketsHttpHandler Handler(X509Certificate2? certificate = null) => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            ClientCertificates = certificate is null ? null : [certificate],
            LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate,
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { Authority },
                RevocationMode = X509RevocationMode.NoCheck,
            },
        },
    };

    public Task StopAsync(CancellationToken cancellationToken) => _app.StopAsync(cancellationToken);

    /// <summary>Lets go of the data directory; before <see cref="StopAsync"/> it is as if it were killed.</summary>
    public void Release() => _app.Services.GetRequiredService<DataDirectoryLock>().Dispose();

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await _app.StopAsync(limit.Token);
        var errors = _app.Services.GetFakeLogCollector().GetSnapshot()
            .Where(record => record.Level >= LogLevel.Error)
            .Select(record => record.ToString())
            .Where(text => !ExpectedErrors.Any(expected => text.Contains(expected, StringComparison.Ordinal)));
        var unexpected = string.Join('\n', errors);
        await _app.DisposeAsync();
        if (_ownsFolder)
        {
            Directory.Delete(Folder, recursive: true);
        }

        Assert.True(unexpected.Length == 0, unexpected);
    }

    private Uri AddressOf(string scheme) => new(_app.Services.GetRequiredService<IServer>().Features
        .Get<IServerAddressesFeature>()!.Addresses
        .First(address => address.StartsWith($"{scheme}:", StringComparison.Ordinal)));

    private GrpcChannel Channel(SocketsHttpHandler handler, ChannelCredentials credentials)
    {
        var channel = GrpcChannel.ForAddress(
            Address,
            new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, Credentials = credentials });
        _channels.Add(channel);
        return channel;
    }
}
