using System.Net.Http.Headers;

namespace Slipway.Deployctl.Connections;

/// <summary>Says on each request who asks.</summary>
internal sealed class BearerHandler(AccessToken token, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
        return base.SendAsync(request, cancellationToken);
    }
}
