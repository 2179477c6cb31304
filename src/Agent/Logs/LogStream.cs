namespace Slipway.Agent.Logs;

/// <summary>Where a line comes from; the numbers are the wire's.</summary>
internal enum LogStream
{
    Unspecified = 0,
    Output = 1,
    Error = 2,

    /// <summary>The log itself: what it could not keep.</summary>
    Log = 3,
}
