using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Slipway.ControlPlane.Storage.Rows;

namespace Slipway.ControlPlane.Audit;

/// <summary>Each entry's hash covers its content and the hash before it: a change shows in all that follow.</summary>
internal static class AuditChain
{
    /// <summary>What the first entry follows.</summary>
    public static byte[] Origin { get; } = new byte[SHA256.HashSizeInBytes];

    public static byte[] HashOf(AuditRow row)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(row.PreviousHash);
        Append(hash, row.Sequence);
        Append(hash, row.At.ToUnixTimeMilliseconds());
        Append(hash, row.Outcome);
        foreach (var text in (string[])[row.Actor, row.RemoteAddress, row.Verb, row.Object, row.Detail, row.Reason])
        {
            // The length too, or a letter could move from one field to the next.
            var bytes = Encoding.UTF8.GetBytes(text);
            Append(hash, bytes.Length);
            hash.AppendData(bytes);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>Whether <paramref name="row"/> is what was written after an entry with this number and hash.</summary>
    public static bool Continues(AuditRow row, long previousSequence, ReadOnlySpan<byte> previousHash) =>
        row.Sequence == previousSequence + 1
        && previousHash.SequenceEqual(row.PreviousHash)
        && HashOf(row).AsSpan().SequenceEqual(row.Hash);

    private static void Append(IncrementalHash hash, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
