using CsCheck;
using Slipway.Agent.Link;

namespace Tests.Unit.Agent.Link;

public class BackoffTests
{
    [Fact]
    public void A_wait_is_anything_up_to_a_bound_that_doubles_to_a_minute() =>
        Gen.Int.Sample(seed =>
        {
            var backoff = new Backoff(new Random(seed));
            var bound = Backoff.First;

            for (var i = 0; i < 12; i++)
            {
                Assert.InRange(backoff.Next(), TimeSpan.Zero, bound);
                bound = bound * 2 < Backoff.Longest ? bound * 2 : Backoff.Longest;
            }
        });

    [Fact]
    public void After_a_stable_connection_it_begins_anew()
    {
        var backoff = new Backoff(new Random(1));
        for (var i = 0; i < 20; i++)
        {
            backoff.Next();
        }

        backoff.Reset();

        Assert.InRange(backoff.Next(), TimeSpan.Zero, Backoff.First);
    }

    [Fact]
    public void The_control_planes_bounds_are_kept() =>
        Gen.Select(Gen.Int, Gen.Int[0, 100], Gen.Int[0, 100]).Sample((seed, min, more) =>
        {
            var wait = new Backoff(new Random(seed)).Between(
                TimeSpan.FromSeconds(min), TimeSpan.FromSeconds(min + more));

            Assert.InRange(wait.TotalSeconds, min, min + more);
        });

    [Fact]
    public void Bounds_the_wrong_way_round_are_no_accident()
    {
        var wait = new Backoff(new Random(1)).Between(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1));

        Assert.Equal(TimeSpan.FromSeconds(5), wait);
    }

    [Fact]
    public void Certificates_are_renewed_between_half_and_four_fifths_of_their_life() =>
        Gen.Int.Sample(seed => Assert.InRange(RenewalLoop.Share(new Random(seed)), 0.5, 0.8));
}
