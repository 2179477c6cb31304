using System.Collections.Immutable;

namespace Slipway.ControlPlane.Messaging;

/// <summary>Hints within one control plane.</summary>
internal sealed class InProcessHintBus : IHintBus
{
    private ImmutableArray<HintSubscription> _subscriptions = [];

    public void Publish(string topic)
    {
        foreach (var subscription in _subscriptions)
        {
            subscription.Offer(topic);
        }
    }

    public HintSubscription Subscribe(string topicPrefix)
    {
        var subscription = new HintSubscription(
            topicPrefix,
            gone => ImmutableInterlocked.Update(ref _subscriptions, static (all, one) => all.Remove(one), gone));
        ImmutableInterlocked.Update(ref _subscriptions, static (all, one) => all.Add(one), subscription);
        return subscription;
    }
}
