using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Applications;
using Slipway.ControlPlane.Audit;
using Slipway.ControlPlane.Hosting;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Messaging;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Slipway.ControlPlane.Environments;

/// <summary>Creates, changes and tells of environments.</summary>
internal sealed class EnvironmentService(Database database, AuditLog audit, IHintBus hints, TimeProvider time)
    : V1.Environments.EnvironmentsBase
{
    public override async Task<V1.ApplyEnvironmentResponse> Apply(
        V1.ApplyEnvironmentRequest request,
        ServerCallContext context)
    {
        var caller = Caller.Of(context);
        caller.Demand("apply", request.Environment?.Application ?? "");
        var spec = SpecOf(request.Environment ?? new());
        var violations = new FieldViolations();
        EnvironmentRules.Check(spec, violations);
        violations.ThrowIfAny();

        var apply = new SpecApply(request.HasExpectedVersion ? request.ExpectedVersion : null, request.DryRun);
        var answer = request.DryRun
            ? await database.ReadAsync(ApplyOnceAsync, context.CancellationToken)
            : await database.WriteAsync(ApplyOnceAsync, context.CancellationToken);
        if (!request.DryRun && answer.Changes.Count > 0)
        {
            hints.Publish(HintTopic.Environment(spec.Application, spec.Name));
        }

        return answer;

        async Task<V1.ApplyEnvironmentResponse> ApplyOnceAsync(SlipwayContext tables, CancellationToken token)
        {
            await ApplicationStore.GetAsync(tables, spec.Application, token);
            var row = await EnvironmentStore.FindAsync(tables, spec.Application, spec.Name, token);
            apply.DemandVersion($"The environment '{spec.Application}/{spec.Name}'", row?.Version);
            var before = row is null ? null : SpecDocument.Of(ToWire(EnvironmentStore.SpecOf(row), row: null));
            var changes = SpecDiff.Between(before, SpecDocument.Of(ToWire(spec, row: null)));
            var isNew = row is null;
            if (!apply.IsDryRun && changes.Count > 0)
            {
                row = await EnvironmentStore.SaveAsync(tables, row, spec, time.GetUtcNow(), token);
                audit.Append(
                    tables,
                    caller,
                    "environment.apply",
                    $"environment/{spec.Application}/{spec.Name}",
                    SpecApply.Detail(changes));
            }

            return new()
            {
                Environment = ToWire(spec, row),
                Changes = { changes.Select(ApplicationService.ToWire) },
                Created = isNew,
            };
        }
    }

    public override async Task<V1.Environment> Get(V1.GetEnvironmentRequest request, ServerCallContext context)
    {
        Caller.Of(context).Demand(Caller.Read, request.Application);
        return ToWire(await database.ReadAsync(
            async (tables, token) =>
            {
                await ApplicationStore.GetAsync(tables, request.Application, token);
                return await EnvironmentStore.GetAsync(tables, request.Application, request.Name, token);
            },
            context.CancellationToken));
    }

    public override async Task<V1.ListEnvironmentsResponse> List(
        V1.ListEnvironmentsRequest request,
        ServerCallContext context)
    {
        Caller.Of(context).Demand(Caller.Read, request.Application.Length == 0 ? null : request.Application);
        var size = Paging.Size(request.PageSize);
        var position = Paging.Position(request.PageToken, parts: 2);
        var rows = await database.ReadAsync(
            (tables, token) => PageAsync(tables, request.Application, position, size + 1, token),
            context.CancellationToken);
        return new()
        {
            Environments = { rows.Take(size).Select(ToWire) },
            NextPageToken = rows.Count > size ? Paging.Token(rows[size - 1].Application, rows[size - 1].Name) : "",
        };
    }

    /// <summary>A strategy for the wire, also for other services.</summary>
    internal static V1.Strategy ToWire(StrategySpec strategy) => new()
    {
        Rolling = new() { BatchSize = strategy.BatchSize, MaxUnavailable = strategy.MaxUnavailable },
        Bake = strategy.Bake.ToDuration(),
        ProgressDeadline = strategy.ProgressDeadline.ToDuration(),
        MaxFailures = strategy.MaxFailures,
    };

    private static Task<List<EnvironmentRow>> PageAsync(
        SlipwayContext tables,
        string application,
        string[]? position,
        int count,
        CancellationToken cancellationToken)
    {
        var rows = tables.Environments.Where(row => application == "" || row.Application == application);
        if (position is [var lastApplication, var lastName])
        {
            rows = rows.Where(row =>
                string.Compare(row.Application, lastApplication) > 0
                || (row.Application == lastApplication && string.Compare(row.Name, lastName) > 0));
        }

        return rows
            .OrderBy(row => row.Application)
            .ThenBy(row => row.Name)
            .Take(count)
            .ToListAsync(cancellationToken);
    }

    private static EnvironmentSpec SpecOf(V1.Environment environment)
    {
        var policy = environment.Policy ?? new();
        return new()
        {
            Application = environment.Application,
            Name = environment.Name,
            Selector = ApplicationService.Sorted(environment.Selector),
            Variables = ApplicationService.Sorted(environment.Variables),
            Policy = new()
            {
                Constraint = policy.Constraint.Trim(),
                IncludePrereleases = policy.IncludePrereleases,
                Pin = policy.Pin,
                Deny = [.. policy.Deny],
                Mode = ModeOf(policy.Mode),
            },
            Strategy = SpecOf(environment.Strategy ?? new()),
        };
    }

    private static PolicyMode ModeOf(V1.VersionPolicy.Types.Mode mode) =>
        mode == V1.VersionPolicy.Types.Mode.Unspecified ? PolicyMode.Manual : (PolicyMode)mode;

    private static StrategySpec SpecOf(V1.Strategy strategy)
    {
        var unset = new StrategySpec();
        var rolling = strategy.Rolling ?? new();
        return new()
        {
            BatchSize = rolling.BatchSize.Length == 0 ? unset.BatchSize : rolling.BatchSize,
            MaxUnavailable = rolling.MaxUnavailable.Length == 0 ? unset.MaxUnavailable : rolling.MaxUnavailable,
            Bake = ApplicationService.TimeOf(strategy.Bake, unset.Bake),
            ProgressDeadline = ApplicationService.TimeOf(strategy.ProgressDeadline, unset.ProgressDeadline),
            MaxFailures = strategy.MaxFailures,
        };
    }

    private static V1.Environment ToWire(EnvironmentRow row) => ToWire(EnvironmentStore.SpecOf(row), row);

    private static V1.Environment ToWire(EnvironmentSpec spec, EnvironmentRow? row) => new()
    {
        Application = spec.Application,
        Name = spec.Name,
        Selector = { spec.Selector.ToDictionary() },
        Policy = new()
        {
            Constraint = spec.Policy.Constraint,
            IncludePrereleases = spec.Policy.IncludePrereleases,
            Pin = spec.Policy.Pin,
            Deny = { spec.Policy.Deny },
            Mode = (V1.VersionPolicy.Types.Mode)spec.Policy.Mode,
        },
        Strategy = ToWire(spec.Strategy),
        Variables = { spec.Variables.ToDictionary() },
        CurrentVersion = row?.CurrentVersion ?? "",
        Version = (ulong)(row?.Version ?? 0),
        CreatedAt = row?.CreatedAt.ToTimestamp(),
        UpdatedAt = row?.UpdatedAt.ToTimestamp(),
    };
}
