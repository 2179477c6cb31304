namespace Slipway.Agent.Archives;

/// <summary>An archive that is not unpacked: broken, too large, or trying to leave its folder.</summary>
internal sealed class ArchiveException(string message, Exception? inner = null) : Exception(message, inner);
