namespace Slipway.Shared.Modules;

/// <summary>A module with effects on the whole process, published only after every app has started.</summary>
public interface ICommit
{
    /// <summary>Must not throw: from here the new configuration is the one in force.</summary>
    void Commit();
}
