using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Tests.EndToEnd;

/// <summary>The socket of a supervisor, spoken to as an operator could.</summary>
internal sealed class SupervisorSocket(string folder)
{
    public Task<JsonNode> StateAsync(CancellationToken cancellationToken) =>
        AskAsync(new JsonObject { ["verb"] = "State" }, cancellationToken);

    /// <summary>An upgrade may swallow a request; everything can be asked twice.</summary>
    private async Task<JsonNode> AskAsync(JsonObject request, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(
                    new UnixDomainSocketEndPoint(Path.Join(folder, "control.sock")), cancellationToken);
                await using var stream = new NetworkStream(socket);
                request["ticket"] = "";
                await stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToJsonString() + "\n"), cancellationToken);
                using var reader = new StreamReader(stream);
                if (await reader.ReadLineAsync(cancellationToken) is { } line)
                {
                    var reply = JsonNode.Parse(line)!;
                    return reply["state"] ?? throw new InvalidOperationException((string?)reply["refusal"]);
                }
            }
            catch (Exception error) when (error is IOException or SocketException && attempt < 5)
            {
                // Asked again.
            }
        }
    }
}
