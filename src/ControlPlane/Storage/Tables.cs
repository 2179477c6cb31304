using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Storage.Rows;

namespace Slipway.ControlPlane.Storage;

/// <summary>Keys, indexes and references of the tables: the same for each provider.</summary>
internal static class Tables
{
    public static void Describe(ModelBuilder model)
    {
        Catalog(model);
        Fleet(model);
        Deployments(model);
        Identity(model);
    }

    private static void Catalog(ModelBuilder model)
    {
        model.Entity<ApplicationRow>(table =>
        {
            table.HasKey(row => row.Name);
            table.Property(row => row.Version).IsConcurrencyToken();
        });
        model.Entity<EnvironmentRow>(table =>
        {
            table.HasKey(row => new { row.Application, row.Name });
            table.Property(row => row.Version).IsConcurrencyToken();
            table.HasOne<ApplicationRow>().WithMany().HasForeignKey(row => row.Application);
        });
        model.Entity<ReleaseRow>(table =>
        {
            table.HasKey(row => new { row.Application, row.Version });
            table.HasIndex(row => new { row.Application, row.VersionKey });
            table.HasOne<ApplicationRow>().WithMany().HasForeignKey(row => row.Application);
            table.HasMany(row => row.Artifacts).WithOne()
                .HasForeignKey(artifact => new { artifact.Application, artifact.Version });
        });
        model.Entity<ArtifactRow>(table =>
        {
            table.HasKey(row => new { row.Application, row.Version, row.Platform });
            table.HasIndex(row => row.Digest);
        });
    }

    private static void Fleet(ModelBuilder model)
    {
        model.Entity<AgentRow>(table =>
        {
            table.HasKey(row => row.Id);
            table.Property(row => row.Id).ValueGeneratedNever();
            table.Property(row => row.Version).IsConcurrencyToken();
            table.HasIndex(row => row.Name).IsUnique().HasFilter("\"RemovedAt\" IS NULL");
            table.HasMany(row => row.Workloads).WithOne().HasForeignKey(workload => workload.AgentId);
        });
        model.Entity<WorkloadRow>(table =>
        {
            table.HasKey(row => new { row.AgentId, row.Application, row.Environment });
            table.HasIndex(row => new { row.Application, row.Environment });
        });
    }

    private static void Deployments(ModelBuilder model)
    {
        model.Entity<RolloutRow>(table =>
        {
            table.HasKey(row => row.Id);
            table.Property(row => row.Id).ValueGeneratedNever();
            table.Property(row => row.Version).IsConcurrencyToken();
            table.HasIndex(row => row.IdempotencyKey).IsUnique();
            table.HasIndex(row => new { row.Application, row.Environment }).IsUnique().HasFilter("\"IsActive\"");
            table.HasIndex(row => new { row.CreatedAt, row.Id });
            table.HasIndex(row => row.NextTimerAt);
        });
        model.Entity<DeploymentRow>(table =>
        {
            table.HasKey(row => row.Id);
            table.Property(row => row.Id).ValueGeneratedNever();
            table.HasIndex(row => new { row.CreatedAt, row.Id });
            table.HasIndex(row => new { row.Application, row.Environment, row.CreatedAt, row.Id });
            table.HasIndex(row => new { row.AgentId, row.CreatedAt, row.Id });
            table.HasIndex(row => row.RolloutId);
            table.HasMany(row => row.Phases).WithOne().HasForeignKey(phase => phase.DeploymentId);
            table.HasMany(row => row.Ends).WithOne().HasForeignKey(end => end.DeploymentId);
        });
        model.Entity<DeploymentPhaseRow>().HasKey(row => new { row.DeploymentId, row.Sequence });
        model.Entity<DeploymentEndRow>().HasKey(row => new { row.DeploymentId, row.Run });
        model.Entity<OutboxRow>(table =>
        {
            table.HasKey(row => row.Sequence);
            table.HasIndex(row => row.Sequence).HasFilter("\"ProcessedAt\" IS NULL");
        });
    }

    private static void Identity(ModelBuilder model)
    {
        model.Entity<AuditRow>(table =>
        {
            table.HasKey(row => row.Sequence);
            table.Property(row => row.Sequence).ValueGeneratedNever();
            table.HasIndex(row => row.At);
        });
        model.Entity<TokenRow>(table =>
        {
            table.HasKey(row => row.Id);
            table.HasIndex(row => row.Name).IsUnique().HasFilter("\"RevokedAt\" IS NULL");
        });
        model.Entity<EnrollmentTokenRow>().HasKey(row => row.Id);
        model.Entity<SettingRow>().HasKey(row => row.Key);
    }
}
