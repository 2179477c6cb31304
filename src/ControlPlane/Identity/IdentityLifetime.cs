using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Storage;

namespace Slipway.ControlPlane.Identity;

/// <summary>Sees to it that there is an authority, and a token with which somebody can begin.</summary>
internal sealed class IdentityLifetime(
    Database database,
    CertificateAuthority authority,
    IOptions<IdentityOptions> options,
    TimeProvider time) : IHostedService
{
    private static readonly string AdminScopes = JsonSerializer.Serialize<string[]>([Caller.Admin]);

    public Task StartAsync(CancellationToken cancellationToken) =>
        database.WriteAsync(EnsureAdministratorAsync, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <remarks>Also the way back in when the last administrator's token was revoked or has expired.</remarks>
    private async Task EnsureAdministratorAsync(SlipwayContext context, CancellationToken cancellationToken)
    {
        await context.SerializeAsync(Locks.Bootstrap, cancellationToken);
        var now = time.GetUtcNow();
        var isThere = await context.Tokens.AnyAsync(
            row => row.RevokedAt == null
                && row.ScopesJson == AdminScopes
                && (row.ExpiresAt == null || row.ExpiresAt > now),
            cancellationToken);
        if (isThere)
        {
            return;
        }

        var secret = Secret.Create(Secret.ForPeople, authority.Digest);
        context.Tokens.Add(new TokenRow
        {
            Id = secret.Id,
            Name = $"bootstrap-{secret.Id}",
            ScopesJson = AdminScopes,
            SecretHash = secret.Hash,
            CreatedBy = Caller.System.Actor,
            CreatedAt = now,
        });

        // Before the commit: a token that nobody has seen could not be replaced, one that never was can.
        Hand(secret);
    }

    private void Hand(Secret secret)
    {
        if (options.Value.BootstrapTokenFile is { } file)
        {
            AtomicFile.Write(file, Encoding.ASCII.GetBytes(secret.Reveal() + "\n"));
        }
        else
        {
            Console.Out.WriteLine($"Admin token (shown once): {secret.Reveal()}");
        }
    }
}
