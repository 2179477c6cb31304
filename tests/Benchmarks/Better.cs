using System.Text.Json.Serialization;

namespace Tests.Benchmarks;

/// <summary>Which way a number should go.</summary>
internal enum Better
{
    [JsonStringEnumMemberName("lower")]
    Lower,

    [JsonStringEnumMemberName("higher")]
    Higher,
}
