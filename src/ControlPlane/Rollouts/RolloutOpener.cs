using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Audit;
using Slipway.ControlPlane.Environments;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Messaging;
using Slipway.ControlPlane.Releases;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;
using Slipway.Shared.Versioning;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>Starts rollouts: because somebody asked, or because a release passes an automatic policy.</summary>
internal sealed class RolloutOpener(
    Database database,
    RolloutDriver driver,
    IHintBus hints,
    AuditLog audit,
    TimeProvider time) : IRolloutOpener
{
    /// <summary>Starts a rollout, or answers with the one that the same key started before.</summary>
    /// <exception cref="ProblemException">As the protocol lists.</exception>
    public async Task<RolloutRow> OpenAsync(
        RolloutRequest request,
        Caller caller,
        CancellationToken cancellationToken)
    {
        var (opened, topics) = await database.WriteAsync(
            (context, token) => OpenAsync(context, request, caller, token),
            cancellationToken);
        foreach (var topic in topics)
        {
            hints.Publish(topic);
        }

        return opened;
    }

    public async Task<IReadOnlyList<string>> OpenForReleaseAsync(
        string application,
        string version,
        Caller caller,
        CancellationToken cancellationToken)
    {
        var environments = await database.ReadAsync(
            (context, token) => context.Environments.Where(row => row.Application == application).ToListAsync(token),
            cancellationToken);
        var release = SemanticVersion.Parse(version);
        var opened = new List<string>();
        foreach (var environment in environments)
        {
            var policy = EnvironmentStore.SpecOf(environment).Policy;
            var isNewer = !SemanticVersion.TryParse(environment.CurrentVersion, out var current) || release > current;
            if (policy.Mode == PolicyMode.Auto && isNewer && policy.ToVersionPolicy().Accepts(release)
                && await TryOpenAsync(environment, version, caller, cancellationToken) is { } id)
            {
                opened.Add(id);
            }
        }

        return opened;
    }

    private async Task<string?> TryOpenAsync(
        EnvironmentRow environment,
        string version,
        Caller caller,
        CancellationToken cancellationToken)
    {
        // Pushed once, rolled out once: the key holds even if this runs again after a crash.
        var request = new RolloutRequest(environment.Application, environment.Name)
        {
            Version = version,
            Reason = "The environment's policy is automatic.",
            Supersedes = true,
            IdempotencyKey = $"release:{environment.Application}/{environment.Name}/{version}",
        };
        try
        {
            return (await OpenAsync(request, caller, cancellationToken)).Id.ToString();
        }
        catch (ProblemException refused) when (refused.Problem.Reason is "NO_TARGETS" or "NOTHING_TO_DO")
        {
            return null;
        }
    }

    private async Task<(RolloutRow Row, IReadOnlyList<string> Topics)> OpenAsync(
        SlipwayContext context,
        RolloutRequest request,
        Caller caller,
        CancellationToken cancellationToken)
    {
        await context.SerializeAsync(Locks.Rollouts, cancellationToken);
        if (await EarlierAsync(context, request, cancellationToken) is { } earlier)
        {
            return (earlier, []);
        }

        var environment = await EnvironmentStore.GetAsync(
            context, request.Application, request.Environment, cancellationToken);
        if (request.ExpectedCurrent is not null && request.ExpectedCurrent != (environment.CurrentVersion ?? ""))
        {
            throw RolloutRefusals.CurrentMoved(request.ExpectedCurrent, environment.CurrentVersion);
        }

        var now = time.GetUtcNow();
        var opening = new RolloutOpening(context, request, now);
        var spec = EnvironmentStore.SpecOf(environment);
        var version = await opening.ChooseVersionAsync(spec, cancellationToken);
        var topics = await MakeRoomAsync(context, request, caller, cancellationToken);
        var row = await opening.CreateAsync(environment, spec, version, cancellationToken);
        row.CreatedBy = caller.Actor;
        context.Rollouts.Add(row);
        audit.Append(
            context,
            caller,
            "rollout.start",
            $"environment/{row.Application}/{row.Environment}",
            $"rollout {row.Id}: {row.FromVersion} -> {row.ToVersion}",
            row.Reason);
        await context.SaveChangesAsync(cancellationToken);
        return (row, [.. topics, .. RolloutDriver.TopicsOf(row)]);
    }

    private async Task<IReadOnlyList<string>> MakeRoomAsync(
        SlipwayContext context,
        RolloutRequest request,
        Caller caller,
        CancellationToken cancellationToken)
    {
        var active = await RolloutStore.ActiveAsync(
            context, request.Application, request.Environment, cancellationToken);
        if (active is null)
        {
            return [];
        }

        if (!request.Supersedes)
        {
            throw RolloutRefusals.Active(active);
        }

        var superseded = new RolloutEvent.Superseded($"a newer rollout of {caller.Actor}");
        var topics = await driver.DecideAsync(context, active, superseded, caller, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        return topics;
    }

    private static async Task<RolloutRow?> EarlierAsync(
        SlipwayContext context,
        RolloutRequest request,
        CancellationToken cancellationToken)
    {
        if (request.IdempotencyKey.Length == 0)
        {
            return null;
        }

        var earlier = await context.Rollouts.SingleOrDefaultAsync(
            row => row.IdempotencyKey == request.IdempotencyKey,
            cancellationToken);
        var isSame = earlier is null || (earlier.Application == request.Application
            && earlier.Environment == request.Environment
            && (request.Version.Length == 0 || request.Version == earlier.ToVersion));
        return isSame ? earlier : throw RolloutRefusals.KeyTaken();
    }
}
