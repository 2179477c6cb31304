using Google.Protobuf.Reflection;

namespace Slipway.Shared.Manifests;

/// <summary>An enum value as people write it: <c>ROLLOUT_STATE_ROLLED_BACK</c> is <c>rolled_back</c>.</summary>
public static class EnumWord
{
    public static string Of(EnumValueDescriptor value)
    {
        ArgumentNullException.ThrowIfNull(value);

        var zero = value.EnumDescriptor.FindValueByNumber(0).Name;
        var prefix = zero[..(zero.LastIndexOf('_') + 1)];
        return value.Name[prefix.Length..].ToLowerInvariant();
    }
}
