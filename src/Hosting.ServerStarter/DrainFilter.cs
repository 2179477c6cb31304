using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Slipway.Hosting.ServerStarter;

/// <summary>Once the application stops, each answer is the last one of its connection, and says so.</summary>
internal sealed class DrainFilter(IHostApplicationLifetime lifetime) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((context, following) =>
        {
            context.Response.OnStarting(CloseIfStopping, context);
            return following(context);
        });
        next(app);
    };

    /// <summary>Asked when the answer begins: the stop signal may have come while the request was worked on.</summary>
    private Task CloseIfStopping(object state)
    {
        var context = (HttpContext)state;
        if (!lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return Task.CompletedTask;
        }

        if (HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            // GOAWAY: the client opens its next streams elsewhere, and the open ones end by themselves.
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
        else if (context.Response.StatusCode != StatusCodes.Status101SwitchingProtocols)
        {
            context.Response.Headers.Connection = "close";
        }

        return Task.CompletedTask;
    }
}
