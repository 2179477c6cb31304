using System.Text.Json.Nodes;
using Slipway.Contracts.V1;
using Slipway.Deployctl.Output;
using Slipway.Deployctl.Rollouts;
using Spectre.Console;

namespace Tests.Unit.Deployctl.Rollouts;

public class RolloutViewTests
{
    [Fact]
    public void A_picture_says_what_the_rollout_waits_for_and_what_each_agent_does()
    {
        var text = RolloutView.Text(Picture(DeploymentPhase.Starting, "web-1 to become ready"));

        Assert.Equal(
            """
            Rollout r1  shop/production: 1.0.0 -> 1.1.0
            running, 1/2 done, waiting for web-1 to become ready

            AGENT  BATCH  PHASE      AVAILABLE  REASON  DETAIL
            web-1  1      starting   no         -       -
            web-2  1      committed  no         -       -
            """,
            text);
    }

    [Fact]
    public void Only_what_changed_is_a_line()
    {
        var before = Picture(DeploymentPhase.Fetching, "the batch");
        var now = Picture(DeploymentPhase.Starting, "the batch");

        Assert.Equal(["  web-1  starting"], RolloutView.Changes(before, now));
        Assert.Empty(RolloutView.Changes(now, now));
        Assert.Equal(3, RolloutView.Changes(before: null, now).Count());
    }

    [Fact]
    public void A_long_detail_does_not_push_the_other_columns_out_of_the_window()
    {
        var picture = Picture(DeploymentPhase.Failed, "");
        picture["targets"]![0]!["detail"] = "Not ready within 30 s: GET /healthz on 127.0.0.1:8080: nobody listens";
        using var writer = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
        });
        console.Profile.Width = 74;

        console.Write(RolloutView.Live(picture));

        var lines = writer.ToString().Split('\n').Select(line => line.TrimEnd());
        Assert.Equal(
            [
                "Rollout r1  shop/production: 1.0.0 -> 1.1.0",
                "running, 1/2 done",
                "AGENT  BATCH  PHASE      AVAILABLE  REASON  DETAIL",
                "web-1  1      failed     no         -       Not ready within 30 s: GET",
                "                                            /healthz on 127.0.0.1:8080:",
                "                                            nobody listens",
                "web-2  1      committed  no         -       -",
                "",
            ],
            lines);
    }

    private static JsonObject Picture(DeploymentPhase phase, string waitingFor) => MessageRow.Of(new Rollout
    {
        Id = "r1",
        Application = "shop",
        Environment = "production",
        FromVersion = "1.0.0",
        ToVersion = "1.1.0",
        State = RolloutState.Running,
        WaitingFor = waitingFor,
        Targets =
        {
            new RolloutTarget { AgentId = "a", AgentName = "web-1", Batch = 1, Phase = phase },
            new RolloutTarget { AgentId = "b", AgentName = "web-2", Batch = 1, Phase = DeploymentPhase.Committed },
        },
    });
}
