using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Audit;
using Slipway.ControlPlane.Hosting;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Messaging;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Slipway.ControlPlane.Applications;

/// <summary>Creates, changes and tells of applications.</summary>
internal sealed partial class ApplicationService(Database database, AuditLog audit, IHintBus hints, TimeProvider time)
    : V1.Applications.ApplicationsBase
{
    public override async Task<V1.ApplyApplicationResponse> Apply(
        V1.ApplyApplicationRequest request,
        ServerCallContext context)
    {
        var caller = Caller.Of(context);
        caller.Demand("apply", request.Application?.Name ?? "");
        var violations = new FieldViolations();
        var spec = SpecOf(request.Application ?? new(), violations);
        ApplicationRules.Check(spec, violations);
        violations.ThrowIfAny();

        var apply = new SpecApply(request.HasExpectedVersion ? request.ExpectedVersion : null, request.DryRun);
        var answer = request.DryRun
            ? await database.ReadAsync(ApplyOnceAsync, context.CancellationToken)
            : await database.WriteAsync(ApplyOnceAsync, context.CancellationToken);
        if (!request.DryRun && answer.Changes.Count > 0)
        {
            hints.Publish(HintTopic.Application(spec.Name));
        }

        return answer;

        async Task<V1.ApplyApplicationResponse> ApplyOnceAsync(SlipwayContext tables, CancellationToken token)
        {
            var row = await ApplicationStore.FindAsync(tables, spec.Name, token);
            apply.DemandVersion($"The application '{spec.Name}'", row?.Version);
            var stored = row is null ? null : ApplicationStore.SpecOf(row);
            ApplicationRules.DemandKind(stored, spec);
            var before = stored is null ? null : SpecDocument.Of(ToWire(stored));
            var changes = SpecDiff.Between(before, SpecDocument.Of(ToWire(spec)));
            var isNew = row is null;
            if (!apply.IsDryRun && changes.Count > 0)
            {
                row = await ApplicationStore.SaveAsync(tables, row, spec, time.GetUtcNow(), token);
                audit.Append(
                    tables, caller, "application.apply", $"application/{spec.Name}", SpecApply.Detail(changes));
            }

            return new()
            {
                Application = ToWire(spec, row),
                Changes = { changes.Select(ToWire) },
                Created = isNew,
            };
        }
    }

    public override async Task<V1.Application> Get(V1.GetApplicationRequest request, ServerCallContext context)
    {
        Caller.Of(context).Demand(Caller.Read, request.Name);
        return ToWire(await database.ReadAsync(
            (tables, token) => ApplicationStore.GetAsync(tables, request.Name, token),
            context.CancellationToken));
    }

    public override async Task<V1.ListApplicationsResponse> List(
        V1.ListApplicationsRequest request,
        ServerCallContext context)
    {
        Caller.Of(context).Demand(Caller.Read);
        var size = Paging.Size(request.PageSize);
        var after = Paging.Position(request.PageToken, parts: 1)?[0] ?? "";
        var rows = await database.ReadAsync(
            (tables, token) => tables.Applications
                .Where(row => string.Compare(row.Name, after) > 0)
                .OrderBy(row => row.Name)
                .Take(size + 1)
                .ToListAsync(token),
            context.CancellationToken);
        return new()
        {
            Applications = { rows.Take(size).Select(ToWire) },
            NextPageToken = rows.Count > size ? Paging.Token(rows[size - 1].Name) : "",
        };
    }

    private static V1.Application ToWire(ApplicationRow row) => ToWire(ApplicationStore.SpecOf(row), row);

    private static V1.Application ToWire(ApplicationSpec spec, ApplicationRow? row)
    {
        var application = ToWire(spec);
        application.Version = (ulong)(row?.Version ?? 0);
        application.CreatedAt = row?.CreatedAt.ToTimestamp();
        application.UpdatedAt = row?.UpdatedAt.ToTimestamp();
        return application;
    }
}
