namespace Slipway.Shared.Modules;

/// <summary>What became of a configuration that was taken.</summary>
public enum LoadResult
{
    Unspecified = 0,

    /// <summary>It is in force; the one before is stopped.</summary>
    Applied = 1,

    /// <summary>It says what the one in force says: nothing was touched.</summary>
    Unchanged = 2,
}
