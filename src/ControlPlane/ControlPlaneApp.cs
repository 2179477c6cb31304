using Slipway.ControlPlane.Agents;
using Slipway.ControlPlane.Applications;
using Slipway.ControlPlane.Audit;
using Slipway.ControlPlane.Environments;
using Slipway.ControlPlane.Dewy;
using Slipway.ControlPlane.History;
using Slipway.ControlPlane.Hosting;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Logs;
using Slipway.ControlPlane.Messaging;
using Slipway.ControlPlane.Registry;
using Slipway.ControlPlane.Releases;
using Slipway.ControlPlane.Rollouts;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Tokens;

namespace Slipway.ControlPlane;

/// <summary>The whole control plane, put together: the program and the tests start the same one.</summary>
internal static class ControlPlaneApp
{
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.WebHost.UseKestrelHttpsConfiguration();

        // In this order: storage starts first, even before the health checks that ask it, and ends last;
        // and the audit log sees what identity refuses.
        builder.Services.AddStorage();
        builder.Services.AddHosting();
        builder.Services.AddAudit();
        builder.Services.AddIdentity();

        builder.Services.AddMessaging(builder.Configuration);
        builder.Services.AddAgents();
        builder.Services.AddRollouts();
        builder.Services.AddRegistry();
        builder.Services.AddLogs();
        builder.Services.AddReleases();
        builder.Services.AddDewy();

        var app = builder.Build();

        // Before the host starts, so that a refusal is one sentence and not the host's log of a failed start.
        app.Services.GetRequiredService<Database>();
        app.UseRouting();
        app.UseDewy();
        app.UseStreamsEndOnShutdown();
        app.UseCallers();
        app.MapHosting();
        app.MapIdentity();
        app.MapAudit();
        app.MapTokens();
        app.MapAgents();
        app.MapRollouts();
        app.MapRegistry();
        app.MapLogs();
        app.MapHistory();
        app.MapApplications();
        app.MapEnvironments();
        app.MapReleases();
        app.MapDewy();
        return app;
    }
}
