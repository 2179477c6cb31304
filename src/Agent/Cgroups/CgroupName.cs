using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Slipway.Agent.Cgroups;

/// <summary>
/// What a supervisor calls its groups: by its own folder, so that whoever supervises there later knows whose they are.
/// </summary>
/// <param name="Prefix">All of them begin so, and no other supervisor's.</param>
internal sealed record CgroupName(string Prefix)
{
    private const int Digits = 12;

    /// <param name="folder">The supervisor's, as a full path.</param>
    public static CgroupName Of(string folder)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)));
        return new($"slipway-{hash[..Digits]}-");
    }

    public string At(int number) => Prefix + number.ToString(CultureInfo.InvariantCulture);
}
