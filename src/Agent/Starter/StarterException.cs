namespace Slipway.Agent.Starter;

/// <summary>Why start_server does not do what it was asked to, in words for the one who asked.</summary>
internal sealed class StarterException(string message, int exitCode = 1) : Exception(message)
{
    public int ExitCode => exitCode;
}
