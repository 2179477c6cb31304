using System.Runtime.InteropServices;
using System.Text;

namespace Slipway.Agent.Supervisor;

/// <summary>The last part of what a program said.</summary>
internal sealed class OutputTail
{
    public const int Kept = 8 * 1024;

    private readonly List<byte> _bytes = [];

    public override string ToString() =>
        Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(_bytes)[Math.Max(0, _bytes.Count - Kept)..]);

    public byte[] ToArray() => [.. CollectionsMarshal.AsSpan(_bytes)[Math.Max(0, _bytes.Count - Kept)..]];

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes.Length > Kept ? bytes[^Kept..] : bytes);
        if (_bytes.Count > 2 * Kept)
        {
            _bytes.RemoveRange(0, _bytes.Count - Kept);
        }
    }
}
