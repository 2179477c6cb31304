using System.Security.Cryptography;
using Slipway.Agent.Deployments;
using Slipway.Shared.Artifacts;

namespace Tests.Integration.Agent.Deployments;

public sealed class ArtifactCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Another_source_goes_on_where_one_broke_off()
    {
        var content = RandomNumberGenerator.GetBytes(10_000);
        var digest = Digest.FromHash(SHA256.HashData(content));
        var (flaky, sound) = (new TestSource { BreakAfter = 4_000 }, new TestSource());
        flaky.Add(digest, content);
        sound.Add(digest, content);

        var path = await Cache().GetAsync(
            new ArtifactSpec(digest, content.Length, "app.tar", "/blob"),
            [flaky, sound], TestContext.Current.CancellationToken);

        Assert.Equal(content, await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        Assert.Equal([0L], flaky.Offsets);
        Assert.Equal([4_000L], sound.Offsets);
    }

    private ArtifactCache Cache() => new(_folder.Path, TimeProvider.System, new Jitter(new Random(1)));
}
