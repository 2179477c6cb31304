using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Storage.Rows;

namespace Slipway.ControlPlane.Storage;

/// <summary>The tables. Got from <see cref="Database"/> only, which also commits.</summary>
internal abstract class SlipwayContext(DbContextOptions options) : DbContext(options)
{
    private readonly List<Func<CancellationToken, Task>> _beforeCommit = [];

    public DbSet<ApplicationRow> Applications => Set<ApplicationRow>();

    public DbSet<EnvironmentRow> Environments => Set<EnvironmentRow>();

    public DbSet<ReleaseRow> Releases => Set<ReleaseRow>();

    public DbSet<ArtifactRow> Artifacts => Set<ArtifactRow>();

    public DbSet<AgentRow> Agents => Set<AgentRow>();

    public DbSet<WorkloadRow> Workloads => Set<WorkloadRow>();

    public DbSet<RolloutRow> Rollouts => Set<RolloutRow>();

    public DbSet<DeploymentRow> Deployments => Set<DeploymentRow>();

    public DbSet<DeploymentPhaseRow> DeploymentPhases => Set<DeploymentPhaseRow>();

    public DbSet<DeploymentEndRow> DeploymentEnds => Set<DeploymentEndRow>();

    public DbSet<AuditRow> Audit => Set<AuditRow>();

    public DbSet<OutboxRow> Outbox => Set<OutboxRow>();

    public DbSet<TokenRow> Tokens => Set<TokenRow>();

    public DbSet<EnrollmentTokenRow> EnrollmentTokens => Set<EnrollmentTokenRow>();

    public DbSet<SettingRow> Settings => Set<SettingRow>();

    /// <summary>Runs when the transaction's work is done, inside it: what it changes is committed too.</summary>
    public void BeforeCommit(Func<CancellationToken, Task> work) => _beforeCommit.Add(work);

    /// <summary>Makes transactions wait for each other from here to their ends, unless there is one writer.</summary>
    public abstract Task SerializeAsync(long key, CancellationToken cancellationToken);

    public override Task<int> SaveChangesAsync(
        bool acceptAllChangesOnSuccess,
        CancellationToken cancellationToken = default)
    {
        foreach (var entry in ChangeTracker.Entries<IVersioned>())
        {
            if (entry.State is EntityState.Added or EntityState.Modified)
            {
                entry.Entity.Version++;
            }
        }

        return base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
    }

    internal async Task FinishAsync(CancellationToken cancellationToken)
    {
        await SaveChangesAsync(cancellationToken);
        foreach (var work in _beforeCommit)
        {
            await work(cancellationToken);
        }

        await SaveChangesAsync(cancellationToken);
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder) => Tables.Describe(modelBuilder);
}
