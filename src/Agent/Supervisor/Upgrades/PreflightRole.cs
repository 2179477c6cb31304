using System.Text.Json;
using Slipway.Agent.Hosting;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor.Upgrades;

/// <summary>Answers an older supervisor that asks whether this program could take its state over.</summary>
internal static class PreflightRole
{
    public static int Run()
    {
        try
        {
            using var state = Libc.Inherit(0);
            Handover.Read(state);
            Console.Out.WriteLine(BuildInfo.Version);
            return 0;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or IOException)
        {
            Console.Out.WriteLine(e.Message);
            return 1;
        }
    }
}
