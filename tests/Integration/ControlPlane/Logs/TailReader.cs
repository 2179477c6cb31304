using Grpc.Core;
using Grpc.Net.Client;
using Tests.Integration.ControlPlane.Rollouts;
using V1 = Slipway.Contracts.V1;

namespace Tests.Integration.ControlPlane.Logs;

/// <summary>Somebody who reads the logs of the catalog's application.</summary>
internal sealed class TailReader(AsyncServerStreamingCall<V1.TailLogsResponse> call) : IDisposable
{
    public List<V1.LogLine> Lines { get; } = [];

    public List<V1.LogNotice> Notices { get; } = [];

    /// <summary>By agent: where another reader can go on.</summary>
    public Dictionary<string, string> Cursors { get; } = [];

    public IEnumerable<string> Texts => Lines.Select(line => line.Text);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static V1.TailLogsRequest Request(bool follow = false) => new()
    {
        Application = Catalog.Application,
        Environment = Catalog.Environment,
        Follow = follow,
    };

    public static TailReader Start(GrpcChannel channel, V1.TailLogsRequest request) =>
        new(new V1.Logs.LogsClient(channel).Tail(request, cancellationToken: Cancellation));

    /// <summary>All that there is, for one who does not follow.</summary>
    public static async Task<TailReader> ReadAsync(GrpcChannel channel, V1.TailLogsRequest request)
    {
        using var reader = Start(channel, request);
        await reader.ReadAsync(() => false);
        return reader;
    }

    /// <summary>Reads on until it is so, or to the end.</summary>
    public async Task ReadAsync(Func<bool> isEnough)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(90));
        while (!isEnough() && await call.ResponseStream.MoveNext(limit.Token))
        {
            var response = call.ResponseStream.Current;
            Lines.AddRange(response.Lines);
            if (response.Notice is { } notice)
            {
                Notices.Add(notice);
            }

            if (response.Lines is [.., { Cursor: var cursor }] || (cursor = response.Cursor).Length > 0)
            {
                Cursors[response.AgentName] = cursor;
            }
        }
    }

    /// <summary>Reads on until the line has come.</summary>
    public Task ReadAsync(string line) => ReadAsync(() => Lines is [.., var last] && last.Text == line);

    public void Dispose() => call.Dispose();
}
