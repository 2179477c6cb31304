using System.Runtime.InteropServices;

namespace Slipway.Shared.Artifacts;

/// <summary>An operating system and a processor, in Go's and OCI's words: <c>linux/amd64</c>, or <c>any</c>.</summary>
public readonly record struct Platform(string Value)
{
    public static readonly Platform Any = new("any");

    /// <summary>The platform of this process.</summary>
    public static Platform Current => new($"linux/{NameOf(RuntimeInformation.ProcessArchitecture)}");

    /// <summary>All platforms that a release may name.</summary>
    public static IReadOnlyList<string> Known { get; } =
        ["any", "linux/amd64", "linux/arm64", "linux/arm/v7", "linux/386", "linux/riscv64"];

    /// <summary>Whether an artifact for this platform runs on <paramref name="host"/>.</summary>
    public bool RunsOn(Platform host) => this == Any || this == host;

    public override string ToString() => Value;

    private static string NameOf(Architecture architecture) => architecture switch
    {
        Architecture.X64 => "amd64",
        Architecture.Arm64 => "arm64",
        Architecture.Arm => "arm/v7",
        Architecture.X86 => "386",
        Architecture.RiscV64 => "riscv64",
        _ => architecture.ToString().ToLowerInvariant(),
    };
}
