namespace Slipway.Shared.Modules;

/// <summary>A module that checks its members. Pure; comes after provisioning.</summary>
public interface IValidate
{
    /// <summary>Every problem, not only the first: member, colon, what is wrong and what would be right.</summary>
    IEnumerable<string> Validate();
}
