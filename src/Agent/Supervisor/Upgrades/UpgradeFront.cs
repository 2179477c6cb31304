using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor.Upgrades;

/// <summary>A program that can be exchanged while it runs: how it is called to go on where another one was.</summary>
internal abstract class UpgradeFront
{
    public const string Handed = "--handover";
    public const string Previous = "--previous";
    public const string Refused = "--refused";

    /// <summary>
    /// Whether it has a session of its own, and no child but those that it started. What was an upgrade's part, such
    /// as a probe's command, is then known by being a stranger.
    /// </summary>
    public abstract bool StandsAlone { get; }

    /// <summary>With which it tells whether it could take over; the program's name first.</summary>
    public abstract IReadOnlyList<string> PreflightArguments { get; }

    /// <summary>How it is told what it is to do, in these words.</summary>
    public abstract UpgradeCall CallFor(params IReadOnlyList<string> words);

    /// <summary>Adds what it has beside a supervisor's state.</summary>
    public virtual Handover HandOver(Handover handover, HandoverDescriptors descriptors) => handover;

    /// <summary>Signals wait while the one program has gone and the other is not ready for them.</summary>
    public abstract void HoldSignals();

    /// <summary>There was no exchange.</summary>
    public abstract void ReleaseSignals();

    /// <summary>Becomes the program, which finds these words; returns only by an exception.</summary>
    public void Become(string program, params IReadOnlyList<string> words)
    {
        var call = CallFor(words);
        Libc.Execute(program, call.Arguments, call.Environment, HoldSignals);
    }
}

/// <summary>What a program is started with.</summary>
internal sealed record UpgradeCall(IReadOnlyList<string> Arguments, IReadOnlyList<string> Environment);
