namespace Slipway.Agent.Deployments;

/// <summary>The steps of the engine. Each can be done twice.</summary>
internal enum StepKind
{
    Unspecified = 0,

    /// <summary>Nothing to do until something changes or the time is over.</summary>
    Wait,

    /// <summary>Opens the journal of a new attempt.</summary>
    Begin,

    /// <summary>Announces the fetching.</summary>
    Accept,

    /// <summary>Brings the artifact into the cache.</summary>
    Fetch,

    /// <summary>Unpacks it beside the other releases.</summary>
    Stage,

    /// <summary>Starts the attempt's instance beside the current one.</summary>
    Start,

    /// <summary>Announces that the instance is ready and being watched.</summary>
    Verify,

    /// <summary>Writes down that there is no way back.</summary>
    Decide,

    /// <summary>Makes an instance the current one.</summary>
    Promote,

    /// <summary>Points <c>current</c> at the release and remembers it.</summary>
    Commit,

    /// <summary>Writes down that, and why, the attempt failed.</summary>
    Fail,

    /// <summary>Writes down that something newer is wanted.</summary>
    Supersede,

    /// <summary>Reports the end of an attempt and forgets its journal.</summary>
    Close,

    /// <summary>Starts the committed release again, because nothing of it lives.</summary>
    Restore,

    /// <summary>Stops an instance that belongs to nothing.</summary>
    Discard,

    /// <summary>Stops everything and removes the workload's folder.</summary>
    Remove,
}
