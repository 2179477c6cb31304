using System.Text.Json.Serialization.Metadata;

namespace Slipway.Shared.Modules;

/// <summary>One entry of the module table.</summary>
/// <param name="Id">What configurations call it.</param>
/// <param name="Json">How it is made from JSON: creating a module is deserialising it.</param>
public sealed record ModuleInfo(ModuleId Id, JsonTypeInfo Json)
{
    public Type Type => Json.Type;
}
