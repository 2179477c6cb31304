using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Slipway.ControlPlane.Storage;

/// <summary>Where the control plane keeps its tables.</summary>
internal sealed class StorageOptions : IValidatableObject
{
    public const string Section = "Storage";

    public const string Sqlite = "sqlite";

    public const string Postgres = "postgres";

    /// <summary><c>sqlite</c>, a file in the data directory, or <c>postgres</c>.</summary>
    [AllowedValues(Sqlite, Postgres, ErrorMessage = "Storage:Provider must be 'sqlite' or 'postgres'.")]
    public string Provider { get; set; } = Sqlite;

    /// <summary>Of PostgreSQL, such as <c>Host=db;Database=slipway;Username=slipway;Passfile=/etc/pgpass</c>.</summary>
    public string? ConnectionString { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Provider == Postgres && string.IsNullOrWhiteSpace(ConnectionString))
        {
            yield return new ValidationResult(
                "Storage:ConnectionString is missing: PostgreSQL needs one, such as 'Host=db;Database=slipway'.",
                [nameof(ConnectionString)]);
        }

        if (Provider == Sqlite && !string.IsNullOrWhiteSpace(ConnectionString))
        {
            yield return new ValidationResult(
                "Storage:ConnectionString is for PostgreSQL: set Storage:Provider to 'postgres' or leave it out.",
                [nameof(ConnectionString)]);
        }
    }
}

[OptionsValidator]
internal sealed partial class StorageOptionsValidator : IValidateOptions<StorageOptions>;
