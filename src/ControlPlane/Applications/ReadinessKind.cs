namespace Slipway.ControlPlane.Applications;

/// <summary>The ways to tell that a program is ready.</summary>
internal enum ReadinessKind
{
    Unspecified = 0,
    Http = 1,
    Tcp = 2,
    Notify = 3,
    Alive = 4,
    Exec = 5,

    /// <summary>Only of a generation that was ready.</summary>
    Watchdog = 6,
}
