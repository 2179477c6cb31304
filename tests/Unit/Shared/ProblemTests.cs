using Grpc.Core;
using Slipway.Shared.Rpc;

namespace Tests.Unit.Shared;

public class ProblemTests
{
    [Fact]
    public void What_is_said_arrives()
    {
        var said = new Problem(StatusCode.ResourceExhausted, "TOO_MANY_SESSIONS", "Try again in a while.")
        {
            RetryAfter = TimeSpan.FromSeconds(5),
            Metadata = new Dictionary<string, string> { ["limit"] = "300" },
        };

        var heard = Problem.From(said.ToRpcException());

        Assert.Equal((said.Code, said.Reason, said.Message), (heard.Code, heard.Reason, heard.Message));
        Assert.Equal(TimeSpan.FromSeconds(5), heard.RetryAfter);
        Assert.Equal("300", heard.Metadata["limit"]);
    }

    [Fact]
    public void A_peer_that_gives_no_reason_is_understood()
    {
        var heard = Problem.From(new RpcException(new Status(StatusCode.Unavailable, "gone")));

        Assert.Equal(("UNKNOWN", "gone", null), (heard.Reason, heard.Message, heard.RetryAfter));
    }
}
