using System.Security.Cryptography;
using Slipway.ControlPlane.Releases;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Rpc;

namespace Tests.Integration.ControlPlane.Releases;

public sealed class BlobStoreTests : IDisposable
{
    private static readonly byte[] Content = RandomNumberGenerator.GetBytes(3_000_000);
    private static readonly Digest ContentDigest = Digest.FromHash(SHA256.HashData(Content));

    private readonly string _folder = Directory.CreateTempSubdirectory("slipway-blobs-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_whole_upload_lies_under_its_digest()
    {
        var blobs = Open();

        await UploadAsync(blobs, Content);

        Assert.Equal(Content.Length, blobs.SizeOf(ContentDigest));
        Assert.Equal(Content, await File.ReadAllBytesAsync(blobs.PathOf(ContentDigest), Token));
        Assert.EndsWith(
            $"/sha256/{ContentDigest.Hex[..2]}/{ContentDigest.Hex}",
            blobs.PathOf(ContentDigest),
            StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "uploads")));
    }

    [Fact]
    public async Task An_abandoned_upload_is_resumed_by_the_next_process()
    {
        using (var abandoned = await OpenUploadAsync(Open()))
        {
            await abandoned.AppendAsync(0, Content.AsMemory(0, 1_234_567), Token);
        }

        var blobs = Open();
        Assert.Null(blobs.SizeOf(ContentDigest));
        Assert.Equal(1_234_567, blobs.StoredBytes(ContentDigest));
        using (var resumed = await OpenUploadAsync(blobs))
        {
            Assert.Equal(1_234_567, resumed.Offset);
            await resumed.AppendAsync(1_234_567, Content.AsMemory(1_234_567), Token);
            resumed.Complete();
        }

        Assert.Equal(Content, await File.ReadAllBytesAsync(blobs.PathOf(ContentDigest), Token));
    }

    [Fact]
    public async Task Bytes_that_are_there_already_may_come_again()
    {
        var blobs = Open();
        using (var upload = await OpenUploadAsync(blobs))
        {
            await upload.AppendAsync(0, Content.AsMemory(0, 2_000_000), Token);
            await upload.AppendAsync(0, Content.AsMemory(0, 1_000_000), Token);
            await upload.AppendAsync(1_500_000, Content.AsMemory(1_500_000), Token);
            upload.Complete();
        }

        Assert.Equal(Content.Length, blobs.SizeOf(ContentDigest));
    }

    [Fact]
    public async Task A_gap_is_refused_and_the_refusal_says_where_to_go_on()
    {
        using var upload = await OpenUploadAsync(Open());
        await upload.AppendAsync(0, Content.AsMemory(0, 10), Token);

        var refusal = await ProblemOfAsync(() => upload.AppendAsync(11, Content.AsMemory(11, 1), Token));

        Assert.Equal("OFFSET_MISMATCH", refusal.Reason);
        Assert.Equal("10", refusal.Metadata["offset"]);
    }

    [Fact]
    public async Task Other_bytes_than_announced_are_refused_and_nothing_is_kept()
    {
        var blobs = Open();
        var other = (byte[])Content.Clone();
        other[^1] ^= 1;

        var refusal = await ProblemOfAsync(() => UploadAsync(blobs, other));

        Assert.Equal("DIGEST_MISMATCH", refusal.Reason);
        Assert.Equal(0, blobs.StoredBytes(ContentDigest));
    }

    [Fact]
    public async Task More_bytes_than_announced_are_refused_and_nothing_is_kept()
    {
        var blobs = Open();
        using var upload = await OpenUploadAsync(blobs, 100);

        var refusal = await ProblemOfAsync(() => upload.AppendAsync(0, Content.AsMemory(0, 101), Token));

        Assert.Equal("SIZE_MISMATCH", refusal.Reason);
        Assert.Equal(0, blobs.StoredBytes(ContentDigest));
    }

    [Fact]
    public async Task Too_few_bytes_are_refused_and_kept_for_the_next_try()
    {
        var blobs = Open();
        using var upload = await OpenUploadAsync(blobs);
        await upload.AppendAsync(0, Content.AsMemory(0, 100), Token);

        Assert.Equal("SIZE_MISMATCH", Assert.Throws<ProblemException>(upload.Complete).Problem.Reason);
        Assert.Equal(100, blobs.StoredBytes(ContentDigest));
    }

    [Fact]
    public async Task A_part_damaged_by_a_crash_is_found_out_and_thrown_away()
    {
        var blobs = Open();
        using (var abandoned = await OpenUploadAsync(blobs))
        {
            await abandoned.AppendAsync(0, new byte[500], Token);
        }

        var refusal = await ProblemOfAsync(() => UploadAsync(blobs, Content));
        await UploadAsync(blobs, Content);

        Assert.Equal("DIGEST_MISMATCH", refusal.Reason);
        Assert.Equal(Content.Length, blobs.SizeOf(ContentDigest));
    }

    [Fact]
    public async Task While_somebody_is_at_an_upload_nobody_else_gets_it()
    {
        var blobs = Open();
        using (await OpenUploadAsync(blobs))
        {
            Assert.Null(await blobs.TryOpenAsync(ContentDigest, Content.Length, Token));
        }

        using var next = await blobs.TryOpenAsync(ContentDigest, Content.Length, Token);
        Assert.NotNull(next);
    }

    [Fact]
    public async Task Who_waits_for_the_end_of_another_upload_hears_whether_it_is_whole()
    {
        var blobs = Open();
        var upload = await OpenUploadAsync(blobs);
        var whole = blobs.SettleAsync(ContentDigest, Content.Length, Token);
        Assert.False(whole.IsCompleted);

        await upload.AppendAsync(0, Content, Token);
        upload.Complete();
        upload.Dispose();

        Assert.True(await whole);
    }

    [Fact]
    public async Task Who_waits_for_the_end_of_another_upload_can_give_up()
    {
        var blobs = Open();
        using var first = await OpenUploadAsync(blobs);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var second = blobs.SettleAsync(ContentDigest, Content.Length, patience.Token);
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
    }

    [Fact]
    public async Task A_disk_that_would_not_hold_it_is_said_before_the_first_byte()
    {
        var blobs = new BlobStore(_folder, long.MaxValue / 2, TimeProvider.System);

        var refusal = await ProblemOfAsync(() => OpenUploadAsync(blobs));

        Assert.Equal("DISK_FULL", refusal.Reason);
    }

    [Fact]
    public async Task What_is_untouched_is_removed_unless_it_is_wanted_again()
    {
        var blobs = Open();
        await UploadAsync(blobs, Content);
        var then = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        File.SetLastWriteTimeUtc(blobs.PathOf(ContentDigest), then.UtcDateTime);
        Assert.Equal([ContentDigest], blobs.UntouchedSince(then.AddSeconds(1)));

        await UploadAsync(blobs, Content);
        Assert.False(blobs.Remove(ContentDigest, then.AddSeconds(1)));

        File.SetLastWriteTimeUtc(blobs.PathOf(ContentDigest), then.UtcDateTime);
        Assert.True(blobs.Remove(ContentDigest, then.AddSeconds(1)));
        Assert.Null(blobs.SizeOf(ContentDigest));
    }

    [Fact]
    public async Task An_upload_that_is_under_way_is_not_removed()
    {
        var blobs = Open();
        using var upload = await OpenUploadAsync(blobs);

        Assert.False(blobs.Remove(ContentDigest, DateTimeOffset.MaxValue));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task UploadAsync(BlobStore blobs, byte[] content)
    {
        using var upload = await OpenUploadAsync(blobs);
        for (var at = 0; at < content.Length; at += 100_000)
        {
            await upload.AppendAsync(at, content.AsMemory(at, Math.Min(100_000, content.Length - at)), Token);
        }

        upload.Complete();
    }

    private static async Task<BlobUpload> OpenUploadAsync(BlobStore blobs, long? size = null) =>
        Assert.IsType<BlobUpload>(await blobs.TryOpenAsync(ContentDigest, size ?? Content.Length, Token));

    private static async Task<Problem> ProblemOfAsync(Func<Task> action) =>
        (await Assert.ThrowsAsync<ProblemException>(action)).Problem;

    private BlobStore Open() => new(_folder, minFreeBytes: 0, TimeProvider.System);
}
