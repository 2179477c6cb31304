using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Slipway.ControlPlane.Hosting;

/// <summary>HTTP/1.1 and HTTP/2 on one address without TLS, told apart by the first bytes that come.</summary>
/// <remarks>Kestrel tells them apart only by what TLS has negotiated, but lets a connection say what it is.</remarks>
internal static class PlainTextListener
{
    // RFC 9113, 3.4: how every HTTP/2 connection begins, and no HTTP/1.1 request.
    private static ReadOnlySpan<byte> Preface => "PRI "u8;

    public static void UsePlainText(this ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1;
        listen.Use(next => async connection =>
        {
            try
            {
                if (await SpeaksHttp2Async(connection))
                {
                    var feature = CreateProtocolsFeature(HttpProtocols.Http2);
                    connection.Features[feature.GetType()] = feature;
                }
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException)
            {
                // The client went away before it said anything.
                return;
            }

            await next(connection);
        });
    }

    private static async Task<bool> SpeaksHttp2Async(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        while (true)
        {
            var read = await input.ReadAsync(connection.ConnectionClosed);
            var start = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, Preface.Length)).ToArray();
            var isDecided = start.Length == Preface.Length || !Preface.StartsWith(start) || read.IsCompleted;

            // Nothing is consumed: whoever comes next reads it again.
            input.AdvanceTo(read.Buffer.Start, isDecided ? read.Buffer.Start : read.Buffer.End);
            if (isDecided)
            {
                return Preface.SequenceEqual(start);
            }
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    [return: UnsafeAccessorType(
        "Microsoft.AspNetCore.Server.Kestrel.Core.Internal.HttpProtocolsFeature, "
        + "Microsoft.AspNetCore.Server.Kestrel.Core")]
    private static extern object CreateProtocolsFeature(HttpProtocols protocols);
}
