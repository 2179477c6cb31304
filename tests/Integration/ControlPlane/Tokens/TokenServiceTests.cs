using Grpc.Core;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Tests.Integration.ControlPlane.Tokens;

public sealed class TokenServiceTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "read", "name")]
    [InlineData("two words", "read", "name")]
    [InlineData("ci", "", "scopes")]
    [InlineData("ci", "release.pull", "scopes[0]")]
    [InlineData("ci", "read:shop", "scopes[0]")]
    [InlineData("ci", "release.push:", "scopes[0]")]
    public async Task A_bad_request_names_its_field(string name, string scope, string field)
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);
        var request = new V1.CreateTokenRequest { Name = name };
        request.Scopes.Add(scope.Length == 0 ? [] : [scope]);

        var refusal = await Assert.ThrowsAsync<RpcException>(async () =>
            await new V1.Tokens.TokensClient(host.Admin).CreateAsync(request, cancellationToken: Cancelled));

        Assert.Equal(field, Problem.From(refusal).Metadata[Problem.FieldKey]);
    }

    [Fact]
    public async Task A_name_is_free_again_after_its_token_was_revoked()
    {
        await using var host = await ControlPlaneHost.StartAsync(Cancelled);
        var tokens = new V1.Tokens.TokensClient(host.Admin);
        var request = new V1.CreateTokenRequest { Name = "ci", Scopes = { "release.push:shop", "read" } };
        var first = await tokens.CreateAsync(request, cancellationToken: Cancelled);

        var refusal = await Assert.ThrowsAsync<RpcException>(async () =>
            await tokens.CreateAsync(request, cancellationToken: Cancelled));
        await tokens.RevokeAsync(new V1.RevokeTokenRequest { Id = first.Details.Id }, cancellationToken: Cancelled);
        await tokens.RevokeAsync(new V1.RevokeTokenRequest { Id = first.Details.Id }, cancellationToken: Cancelled);
        await tokens.CreateAsync(request, cancellationToken: Cancelled);
        var all = await tokens.ListAsync(new(), cancellationToken: Cancelled);

        Assert.Equal("TOKEN_EXISTS", Problem.From(refusal).Reason);
        Assert.Equal([true, false], all.Tokens.Where(token => token.Name == "ci").Select(token => token.Revoked));
    }
}
