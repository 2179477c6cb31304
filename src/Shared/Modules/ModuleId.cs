using System.Buffers;

namespace Slipway.Shared.Modules;

/// <summary>Labels of <c>a-z0-9_</c> joined by dots: the last is the name, the rest the namespace.</summary>
/// <remarks>No dot: an app, which the configuration holds under <c>apps</c>.</remarks>
public readonly record struct ModuleId
{
    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    /// <exception cref="ArgumentException">A label is empty or has other characters.</exception>
    public ModuleId(string value)
    {
        ArgumentNullException.ThrowIfNull(value);

        if (value.Split('.').Any(label => label.Length == 0 || label.AsSpan().ContainsAnyExcept(Allowed)))
        {
            throw new ArgumentException(
                $"'{value}' is no module id; write labels of a-z, 0-9 and _ joined by dots.", nameof(value));
        }

        Value = value;
    }

    public string Value => field ?? "";

    /// <summary>Everything before the last dot; empty for an app.</summary>
    public string Namespace => Value.LastIndexOf('.') is var dot and >= 0 ? Value[..dot] : "";

    public string Name => Value[(Value.LastIndexOf('.') + 1)..];

    public override string ToString() => Value;
}
