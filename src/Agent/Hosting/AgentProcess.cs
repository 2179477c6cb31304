namespace Slipway.Agent.Hosting;

/// <summary>What modules may know of the process that they run in, and ask of it.</summary>
/// <param name="configFile">The configuration that it was started with.</param>
/// <param name="end">Ends it in order; whoever started it starts it again.</param>
internal sealed class AgentProcess(string configFile, Action end)
{
    public string ConfigFile => configFile;

    /// <summary>Whether it ends, to be started again.</summary>
    public bool IsRestarting { get; private set; }

    public void Restart()
    {
        IsRestarting = true;
        end();
    }
}
