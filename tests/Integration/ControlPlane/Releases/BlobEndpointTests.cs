using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using static Tests.Integration.ControlPlane.Releases.Pushing;

namespace Tests.Integration.ControlPlane.Releases;

public sealed class BlobEndpointTests : IAsyncLifetime
{
    private static readonly byte[] Content = RandomNumberGenerator.GetBytes(1_500_000);
    private static readonly string Path = $"/v1/blobs/{ArtifactOf(Content).Digest}";

    private ControlPlaneHost _host = null!;
    private HttpClient _http = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await ControlPlaneHost.StartAsync(Token);
        await _host.CreateShopAsync(Token);
        await new Slipway.Contracts.V1.Releases.ReleasesClient(_host.Admin).PushAsync(
            Header("1.0.0", ArtifactOf(Content)), Chunks(Content), Token);
        _http = _host.HttpClient(_host.AdminToken);
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return _host.DisposeAsync();
    }

    [Theory]
    [InlineData(0, 99)]
    [InlineData(1_000_000, null)]
    [InlineData(1_499_999, 1_499_999)]
    public async Task A_range_gives_its_bytes(int from, int? to)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path);
        request.Headers.Range = new RangeHeaderValue(from, to);

        using var response = await _http.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal(
            Content[from..((to ?? (Content.Length - 1)) + 1)],
            await response.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal(Content.Length, response.Content.Headers.ContentRange!.Length);
    }

    [Fact]
    public async Task A_range_beyond_the_end_is_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path);
        request.Headers.Range = new RangeHeaderValue(Content.Length, to: null);

        using var response = await _http.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, response.StatusCode);
    }

    [Fact]
    public async Task A_head_tells_size_and_tag_and_the_tag_saves_the_transfer()
    {
        using var head = new HttpRequestMessage(HttpMethod.Head, Path);
        using var told = await _http.SendAsync(head, Token);
        using var again = new HttpRequestMessage(HttpMethod.Get, Path);
        again.Headers.IfNoneMatch.Add(told.Headers.ETag!);
        using var unchanged = await _http.SendAsync(again, Token);

        Assert.Equal(HttpStatusCode.OK, told.StatusCode);
        Assert.Equal(Content.Length, told.Content.Headers.ContentLength);
        Assert.Equal($"\"{ArtifactOf(Content).Digest}\"", told.Headers.ETag!.Tag);
        Assert.Contains("bytes", told.Headers.AcceptRanges);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Fact]
    public async Task An_agents_certificate_is_enough()
    {
        using var agent = await TestAgent.EnrollAsync(_host, "web-1");
        using var http = _host.HttpClient(certificate: agent.Certificate);

        Assert.Equal(Content, await http.GetByteArrayAsync(new Uri(Path, UriKind.Relative), Token));
    }

    [Fact]
    public async Task Whoever_is_not_known_gets_nothing()
    {
        using var http = _host.HttpClient();

        using var response = await http.GetAsync(new Uri(Path, UriKind.Relative), Token);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Theory]
    [InlineData("/v1/blobs/sha256:abc", HttpStatusCode.BadRequest, "INVALID_FIELD")]
    [InlineData("/v1/blobs/..%2f..%2fadmin.token", HttpStatusCode.BadRequest, "INVALID_FIELD")]
    [InlineData(
        "/v1/blobs/sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        HttpStatusCode.NotFound,
        "BLOB_NOT_FOUND")]
    public async Task What_is_not_there_is_said_as_a_problem(string path, HttpStatusCode status, string reason)
    {
        using var response = await _http.GetAsync(new Uri(path, UriKind.Relative), Token);

        Assert.Equal(status, response.StatusCode);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal(reason, problem.GetProperty("reason").GetString());
    }
}
