namespace Slipway.ControlPlane.Audit;

internal enum AuditOutcome
{
    Unspecified = 0,
    Allowed = 1,
    Denied = 2,
}
