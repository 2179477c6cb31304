using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Slipway.Hosting.ServerStarter.Native;

namespace Slipway.Hosting.ServerStarter;

/// <summary>Makes a Kestrel application hot-deployable.</summary>
public static class ServerStarterExtensions
{
    /// <summary>
    /// Listens on the sockets that Slipway, <c>start_server</c> or systemd passed on, tells NOTIFY_SOCKET when the
    /// application has started, and finishes all requests after the stop signal. Without such a starter it changes
    /// nothing.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// A variable is malformed, or names a descriptor that does not listen.
    /// </exception>
    public static IWebHostBuilder UseServerStarter(
        this IWebHostBuilder builder,
        Action<ServerStarterOptions>? configure = null)
    {
        var options = new ServerStarterOptions();
        configure?.Invoke(options);
        options.Validate();

        var starter = StarterEnvironment.Read(Environment.GetEnvironmentVariable, Environment.ProcessId);
        foreach (var variable in StarterEnvironment.Variables)
        {
            Environment.SetEnvironmentVariable(variable, value: null);
        }

        return builder.UseServerStarter(options, starter);
    }

    internal static IWebHostBuilder UseServerStarter(
        this IWebHostBuilder builder,
        ServerStarterOptions options,
        StarterEnvironment starter)
    {
        foreach (var socket in starter.Sockets)
        {
            TakeOver(socket);
        }

        return builder.ConfigureServices(services =>
        {
            if (starter.NotifySocket is { } notifySocket)
            {
                services.AddHostedService(provider => ActivatorUtilities
                    .CreateInstance<ReadinessNotifier>(provider, notifySocket));
            }

            if (starter.Sockets.Count > 0)
            {
                AddDraining(services, options);
            }
        }).ConfigureKestrel(kestrel =>
        {
            foreach (var socket in starter.Sockets)
            {
                kestrel.ListenHandle(
                    (ulong)socket.Descriptor,
                    listen => options.ConfigureListener?.Invoke(socket, listen));
            }
        });
    }

    private static void AddDraining(IServiceCollection services, ServerStarterOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<IStartupFilter, DrainFilter>();
        // Kestrel asks the factory that was added last, first.
        services.AddSingleton<IConnectionListenerFactory, DrainingListenerFactory>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.StopTimeout);
    }

    private static void TakeOver(InheritedSocket socket)
    {
        if (!Libc.IsListening(socket.Descriptor))
        {
            throw new InvalidOperationException(
                $"The inherited socket '{socket.Name}' is descriptor {socket.Descriptor}, which is not an open, "
                + "listening socket. Was the program started through another one that closed it?");
        }

        // Otherwise the application's own children would keep the socket. Safe, as Kestrel never blocks in accept().
        Libc.SetCloseOnExec(socket.Descriptor);
    }
}
