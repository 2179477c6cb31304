using CsCheck;

namespace Tests.Unit.Agent.Starter;

/// <summary>What must be true whatever comes when.</summary>
public class StarterSimulationTests
{
    private enum Kind
    {
        HangUp,
        NewWorkerDies,
        OldWorkerDies,
        AnyWorkerDies,
        Terminate,
        Wait,
    }

    private static readonly Gen<(Kind Kind, int Pause, int Which)[]> Stories =
        Gen.Select(Gen.Enum<Kind>(), Gen.Int[0, 2500], Gen.Int[0, 7]).Array[1, 60];

    [Fact]
    public void A_proven_worker_serves_and_every_wish_to_restart_comes_true() =>
        Gen.Select(Stories, Gen.Int[0, 3], Gen.Int[0, 2]).Sample((story, delay, interval) =>
        {
            var scene = new StarterScene(TimeSpan.FromSeconds(interval));
            scene.Settings = scene.Settings with { KillOldDelay = TimeSpan.FromSeconds(delay) };
            scene.Look();
            scene.Pass(TimeSpan.FromSeconds(5));
            DateTimeOffset? wish = null;
            foreach (var (kind, pause, which) in story)
            {
                var before = scene.Serving.Count();
                var died = Play(scene, kind, which, ref wish);
                Assert.True(
                    scene.State.IsStopping || scene.Serving.Count() >= Math.Min(1, before - died), "Nobody serves.");
                scene.Pass(TimeSpan.FromMilliseconds(pause));
                Assert.True(
                    scene.State.IsStopping || before - died <= 0 || scene.Serving.Any(), "Nobody serves any more.");
            }

            Settle(scene, wish);
        }, iter: 2000);

    /// <summary>How many of those that served died.</summary>
    private static int Play(StarterScene scene, Kind kind, int which, ref DateTimeOffset? wish)
    {
        var isStopping = scene.State.IsStopping;
        var victim = kind switch
        {
            Kind.NewWorkerDies => scene.Living.LastOrDefault(worker => worker.Ticket == scene.State.Attempt),
            Kind.OldWorkerDies => scene.Living.FirstOrDefault(worker => !worker.WantsSockets),
            Kind.AnyWorkerDies => scene.Living.ElementAtOrDefault(which),
            _ => null,
        };
        var died = victim is not null && scene.Serving.Contains(victim) ? 1 : 0;
        switch (kind)
        {
            case Kind.HangUp:
                wish = isStopping ? wish : scene.Now;
                scene.HangUp();
                break;
            case Kind.Terminate when which == 0:
                scene.Terminate();
                break;
            default:
                if (victim is not null)
                {
                    scene.Die(victim.Number);
                }

                break;
        }

        return died;
    }

    private static void Settle(StarterScene scene, DateTimeOffset? wish)
    {
        if (scene.State.IsStopping)
        {
            var last = scene.Plan.LastNumber;
            scene.Living.ToList().ForEach(worker => scene.Die(worker.Number));
            scene.Pass(TimeSpan.FromMinutes(5));
            Assert.Equal(last, scene.Plan.LastNumber);
            Assert.Empty(scene.Living);
            return;
        }

        scene.Pass(TimeSpan.FromMinutes(5));
        var serving = scene.Serving.Single();
        Assert.Equal(serving.Ticket, scene.State.Current);
        Assert.True(wish is null || serving.StartedAt >= wish, "A restart was lost.");
        Assert.False(scene.State.HasWish);
    }
}
