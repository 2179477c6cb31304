namespace Slipway.Deployctl.Releases;

/// <summary>Shows how far the work on files is.</summary>
internal interface ITransferProgress
{
    /// <summary>Begins a step with so many bytes; what it returns is told about each further part.</summary>
    Action<long> Begin(string title, long total, long done);
}
