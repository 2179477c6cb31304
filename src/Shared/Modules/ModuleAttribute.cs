namespace Slipway.Shared.Modules;

/// <summary>Marks a module's class with its id; a test compares these with the table of the program.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ModuleAttribute(string id) : Attribute
{
    public string Id { get; } = id;
}
