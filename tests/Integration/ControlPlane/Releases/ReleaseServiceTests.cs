using System.Security.Cryptography;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts.V1;
using Slipway.ControlPlane.Releases;
using Slipway.ControlPlane.Storage;
using Slipway.Shared.Rpc;
using static Tests.Integration.ControlPlane.Releases.Pushing;

namespace Tests.Integration.ControlPlane.Releases;

public sealed class ReleaseServiceTests : IAsyncLifetime
{
    private static readonly byte[] Content = RandomNumberGenerator.GetBytes(2_000_000);

    private ControlPlaneHost _host = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Slipway.Contracts.V1.Releases.ReleasesClient Client => new(_host.Admin);

    public async ValueTask InitializeAsync()
    {
        _host = await ControlPlaneHost.StartAsync(Token);
        await _host.CreateShopAsync(Token);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_pushed_release_can_be_read_back_and_fetched()
    {
        var artifact = ArtifactOf(Content);

        var answer = await Client.PushAsync(Header("1.0.0", artifact), Chunks(Content), Token);
        var release = await Client.GetAsync(
            new GetReleaseRequest { Application = "shop", Version = "1.0.0" }, cancellationToken: Token);

        Assert.True(answer.Created);
        Assert.Equal(answer.Release, release);
        Assert.Equal([artifact], release.Artifacts);
        Assert.NotEqual("", release.CreatedBy);
        using var http = _host.HttpClient(_host.AdminToken);
        var fetched = await http.GetByteArrayAsync(new Uri($"/v1/blobs/{artifact.Digest}", UriKind.Relative), Token);
        Assert.Equal(Content, fetched);
    }

    [Fact]
    public async Task A_push_leaves_an_event_and_an_audit_entry()
    {
        await Client.PushAsync(Header("1.0.0", ArtifactOf(Content)), Chunks(Content), Token);

        var (events, entries) = await _host.Services.GetRequiredService<Database>().ReadAsync(
            async (tables, token) => (
                await tables.Outbox.Where(row => row.Kind == ReleaseStore.PushedKind).ToListAsync(token),
                await tables.Audit.Where(row => row.Verb == "release.push").ToListAsync(token)),
            Token);

        Assert.Equal("""{"application":"shop","version":"1.0.0"}""", Assert.Single(events).PayloadJson);
        Assert.Equal("release/shop/1.0.0", Assert.Single(entries).Object);
    }

    [Fact]
    public async Task The_same_push_again_gives_the_first_answer()
    {
        var first = await Client.PushAsync(Header("1.0.0", ArtifactOf(Content)), Chunks(Content), Token);
        var second = await Client.PushAsync(Header("1.0.0", ArtifactOf(Content)), [], Token);

        Assert.False(second.Created);
        Assert.Equal(first.Release, second.Release);
    }

    [Fact]
    public async Task Other_content_under_the_same_version_is_refused()
    {
        await Client.PushAsync(Header("1.0.0", ArtifactOf(Content)), Chunks(Content), Token);
        var other = RandomNumberGenerator.GetBytes(1000);

        var problem = await ProblemOfAsync(Client.PushAsync(Header("1.0.0", ArtifactOf(other)), Chunks(other), Token));

        Assert.Equal((StatusCode.AlreadyExists, "RELEASE_EXISTS"), (problem.Code, problem.Reason));
    }

    [Fact]
    public async Task Many_pushes_of_the_same_release_at_once_create_it_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ =>
            Client.PushAsync(Header("1.0.0", ArtifactOf(Content)), Chunks(Content), Token)));

        Assert.Single(answers, answer => answer.Created);
        Assert.Single(answers.Select(answer => answer.Release).Distinct());
    }

    [Fact]
    public async Task A_push_that_broke_off_goes_on_where_it_stopped()
    {
        var artifact = ArtifactOf(Content);
        var problem = await ProblemOfAsync(Client.PushAsync(
            Header("1.0.0", artifact), Chunks(Content).Take(3), Token));
        Assert.Equal("SIZE_MISMATCH", problem.Reason);

        var located = await Client.LocateAsync(
            new LocateRequest { Digest = artifact.Digest, SizeBytes = artifact.SizeBytes }, cancellationToken: Token);
        var answer = await Client.PushAsync(Header("1.0.0", artifact), Chunks(Content, located.Offset), Token);

        Assert.Equal(3 * 256 * 1024, located.Offset);
        Assert.False(located.Complete);
        Assert.True(answer.Created);
    }

    [Fact]
    public async Task A_push_whose_client_vanished_goes_on_where_it_stopped()
    {
        var artifact = ArtifactOf(Content);
        var blobs = _host.Services.GetRequiredService<BlobStore>();
        var digest = Slipway.Shared.Artifacts.Digest.Parse(artifact.Digest);
        using (var call = Client.Push(cancellationToken: Token))
        {
            await call.RequestStream.WriteAsync(new PushRequest { Header = Header("1.0.0", artifact) }, Token);
            await call.RequestStream.WriteAsync(new PushRequest { Chunk = Chunks(Content).First() }, Token);
            await WaitAsync(() => blobs.StoredBytes(digest) == 256 * 1024);
        }

        var answer = await Client.PushAsync(Header("1.0.0", artifact), Chunks(Content, 256 * 1024), Token);

        Assert.True(answer.Created);
    }

    [Fact]
    public async Task A_release_may_have_one_artifact_for_each_platform_and_the_same_for_two()
    {
        var other = RandomNumberGenerator.GetBytes(1000);

        var answer = await Client.PushAsync(
            Header(
                "1.0.0",
                ArtifactOf(Content),
                ArtifactOf(other, "linux/arm64"),
                ArtifactOf(other, "any")),
            [.. Chunks(Content), .. Chunks(other)],
            Token);

        Assert.Equal(
            ["any", "linux/amd64", "linux/arm64"],
            answer.Release.Artifacts.Select(artifact => artifact.Platform));
    }

    [Fact]
    public async Task Releases_are_listed_with_the_newest_version_first_page_by_page()
    {
        foreach (var version in (string[])["1.9.0", "1.10.0", "2.0.0-rc.1", "1.2.0"])
        {
            await Client.PushAsync(Header(version, ArtifactOf(Content)), Chunks(Content), Token);
        }

        var first = await Client.ListAsync(
            new ListReleasesRequest { Application = "shop", PageSize = 3 }, cancellationToken: Token);
        var second = await Client.ListAsync(
            new ListReleasesRequest { Application = "shop", PageSize = 3, PageToken = first.NextPageToken },
            cancellationToken: Token);

        Assert.Equal(["2.0.0-rc.1", "1.10.0", "1.9.0"], first.Releases.Select(release => release.Version));
        Assert.Equal(["1.2.0"], second.Releases.Select(release => release.Version));
        Assert.Equal("", second.NextPageToken);
    }

    [Fact]
    public async Task What_is_wrong_with_a_release_is_said_all_at_once()
    {
        var artifact = ArtifactOf(Content, "plan9/mips");
        artifact.FileName = "../shop.exe";

        var problem = await ProblemOfAsync(Client.PushAsync(Header("v1", artifact), [], Token));

        Assert.Equal("INVALID_FIELD", problem.Reason);
        Assert.Equal(
            ["version", "artifacts[0].platform", "artifacts[0].file_name", "artifacts[0].file_name"],
            problem.Violations.Select(violation => violation.Field));
    }

    [Fact]
    public async Task A_chunk_before_the_header_is_refused()
    {
        using var call = Client.Push(cancellationToken: Token);
        await call.RequestStream.WriteAsync(new PushRequest { Chunk = Chunks(Content).First() }, Token);

        Assert.Equal("header", (await ProblemOfAsync(call.ResponseAsync)).Metadata[Problem.FieldKey]);
    }

    [Fact]
    public async Task An_application_that_is_not_there_gets_no_release()
    {
        var header = Header("1.0.0", ArtifactOf(Content));
        header.Application = "nothing";

        Assert.Equal("APPLICATION_NOT_FOUND", (await ProblemOfAsync(Client.PushAsync(header, [], Token))).Reason);
    }

    [Fact]
    public async Task Unfinished_uploads_and_unnamed_blobs_are_swept_and_named_ones_stay()
    {
        var artifact = ArtifactOf(Content);
        var orphan = RandomNumberGenerator.GetBytes(1000);
        await Client.PushAsync(Header("1.0.0", artifact), Chunks(Content), Token);
        await ProblemOfAsync(Client.PushAsync(
            Header("1.0.1", ArtifactOf(orphan)), Chunks(orphan, size: 100).Take(1), Token));
        foreach (var file in Directory.GetFiles(Path.Combine(_host.Folder, "blobs"), "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        }

        var removed = await _host.Services.GetRequiredService<BlobSweepLoop>().SweepAsync(Token);

        Assert.Equal(1, removed);
        var blobs = _host.Services.GetRequiredService<BlobStore>();
        Assert.NotNull(blobs.SizeOf(Slipway.Shared.Artifacts.Digest.Parse(artifact.Digest)));
        Assert.Equal(0, blobs.StoredBytes(Slipway.Shared.Artifacts.Digest.Parse(ArtifactOf(orphan).Digest)));
    }

    private static async Task<Problem> ProblemOfAsync(Task call) =>
        Problem.From(await Assert.ThrowsAsync<RpcException>(() => call));

    private static async Task WaitAsync(Func<bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!condition())
        {
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }
}
