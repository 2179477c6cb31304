using Slipway.Agent.Starter;
using Slipway.Agent.Supervisor;

namespace Tests.Unit.Agent.Starter;

public class StarterPlannerTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void A_restart_is_told_in_the_words_of_the_original()
    {
        var scene = Serving();
        scene.Lines.Clear();

        scene.HangUp();
        scene.Pass(Second);
        scene.Die(1);

        Assert.Equal(
            [
                "received HUP, spawning a new worker",
                "starting new worker 1002",
                "new worker is now running, sending TERM to old workers:1001",
                "killing old workers",
                "old worker 1001 died, status:0",
            ],
            scene.Lines);
        Assert.Equal([(1, "TERM")], scene.Signals);
        Assert.Equal([new StatusLine(2, 1002)], scene.State.Status!.Value);
    }

    [Fact]
    public void Nobody_is_told_to_go_for_a_worker_that_fails_to_start()
    {
        var scene = Serving();

        scene.HangUp();
        scene.Die(2, status: 768);
        scene.Pass(Second / 2);
        var between = scene.Plan.LastNumber;
        scene.Pass(Second / 2);

        Assert.Contains("new worker 1002 seems to have failed to start, exit status:768", scene.Lines);
        Assert.Equal((2, 3), (between, scene.Plan.LastNumber));
        Assert.Empty(scene.Signals);
    }

    [Fact]
    public void Signals_to_restart_that_come_during_a_restart_lead_to_one_more()
    {
        var scene = Serving();

        scene.HangUp();
        scene.Pass(Second / 4);
        scene.HangUp();
        scene.HangUp();
        scene.HangUp();
        scene.Pass(Second / 4);
        var during = scene.Plan.LastNumber;
        scene.Pass(10 * Second);

        Assert.Equal((2, 3), (during, scene.Plan.LastNumber));
        Assert.Equal("3", scene.State.Current);
    }

    [Fact]
    public void A_current_worker_that_dies_is_replaced_at_once()
    {
        var scene = Serving();
        scene.Pass(2 * Second);

        scene.Die(1, status: 9);

        Assert.Contains("worker 1001 died unexpectedly with status:9, restarting", scene.Lines);
        Assert.Equal(2, scene.Living.Single().Number);
    }

    [Fact]
    public void A_new_worker_is_watched_until_the_old_ones_are_told_to_go()
    {
        var scene = Serving();
        scene.Settings = scene.Settings with { KillOldDelay = 3 * Second };

        scene.HangUp();
        scene.Pass(2 * Second);
        scene.Die(2, status: 256);
        scene.Pass(3 * Second);

        Assert.Contains("sleeping 3 secs before killing old workers", scene.Lines);
        Assert.Contains("new worker 1002 seems to have failed to start, exit status:256", scene.Lines);
        Assert.Contains(scene.Living, worker => worker.Number == 1);
        Assert.DoesNotContain((1, "TERM"), scene.Signals);
        scene.Pass(3 * Second);
        Assert.Contains((1, "TERM"), scene.Signals);
    }

    [Fact]
    public void The_end_comes_at_once_also_while_old_workers_are_being_spared()
    {
        var scene = Serving();
        scene.Settings = scene.Settings with { KillOldDelay = 60 * Second };
        scene.HangUp();
        scene.Pass(2 * Second);

        scene.Terminate();

        Assert.Equal([(1, "QUIT"), (2, "QUIT")], scene.Signals.Order());
        Assert.Contains("received TERM, sending QUIT to all workers:1001,1002", scene.Lines);
    }

    [Fact]
    public void The_end_starts_nobody_any_more()
    {
        var scene = new StarterScene(Second);
        scene.Look();
        scene.Die(1, status: 256);

        scene.Terminate("INT");
        scene.HangUp();
        scene.Pass(60 * Second);

        Assert.Equal(1, scene.Plan.LastNumber);
        Assert.Contains("received INT, sending TERM to all workers:", scene.Lines);
        Assert.True(scene.Plan.IsStopping);
    }

    [Fact]
    public void Old_workers_that_linger_are_told_again_with_each_restart()
    {
        var scene = Serving();
        scene.HangUp();
        scene.Pass(2 * Second);

        scene.HangUp();
        scene.Pass(2 * Second);

        Assert.Equal([(1, "TERM"), (1, "TERM"), (2, "TERM")], scene.Signals.Order());
        Assert.Equal([1, 2, 3], scene.State.Status!.Value.Select(line => line.Generation));
    }

    [Fact]
    public void The_status_file_counts_as_people_do()
    {
        var scene = Serving();

        for (var i = 0; i < 10; i++)
        {
            scene.HangUp();
            scene.Pass(2 * Second);
        }

        Assert.Equal(Enumerable.Range(1, 11), scene.State.Status!.Value.Select(line => line.Generation));
    }

    [Fact]
    public void Old_workers_that_die_while_a_new_one_proves_itself_are_seen_at_once()
    {
        var scene = Serving();
        scene.HangUp();
        scene.Pass(2 * Second);
        scene.HangUp();

        scene.Die(1, status: 9);

        Assert.Contains("old worker 1001 died, status:9", scene.Lines);
        Assert.Equal([new StatusLine(2, 1002)], scene.State.Status!.Value);
    }

    [Fact]
    public void Restarts_of_its_own_wait_for_old_workers_but_not_for_ever()
    {
        var scene = new StarterScene(Second) { Settings = new StarterSettings(TimeSpan.Zero, 10 * Second) };
        scene.Look();

        scene.Pass(12 * Second);
        var first = scene.Plan.LastNumber;
        scene.Pass(15 * Second);
        var waiting = scene.Plan.LastNumber;
        scene.Pass(10 * Second);

        Assert.Equal((2, 2, 3), (first, waiting, scene.Plan.LastNumber));
        Assert.Contains("autorestart triggered (interval=10)", scene.Lines);
        Assert.Contains("autorestart triggered (forced, interval=10)", scene.Lines);
    }

    [Fact]
    public void Attempts_that_go_on_failing_become_rare()
    {
        var scene = new StarterScene(Second) { CannotExecute = true };
        scene.Look();

        scene.Pass(TimeSpan.FromMinutes(10));

        Assert.InRange(scene.Plan.LastNumber, 20, 35);
    }

    [Fact]
    public void Without_an_interval_a_crashing_program_does_not_take_the_host_with_it()
    {
        var scene = new StarterScene(TimeSpan.Zero);
        scene.Look();

        for (var i = 0; i < 600; i++)
        {
            scene.Living.ToList().ForEach(worker => scene.Die(worker.Number, status: 256));
            scene.Pass(TimeSpan.FromMilliseconds(100));
        }

        Assert.InRange(scene.Plan.LastNumber, 8, 25);
    }

    private static StarterScene Serving()
    {
        var scene = new StarterScene(Second);
        scene.Look();
        scene.Pass(Second);
        Assert.Equal("1", scene.State.Current);
        Assert.Equal(GenerationPhase.Current, scene.Living.Single().Phase);
        return scene;
    }
}
