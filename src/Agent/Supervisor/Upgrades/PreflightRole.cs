using System.Text.Json;
using Slipway.Agent.Hosting;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor.Upgrades;

/// <summary>Answers an older supervisor that asks whether this program could take its state over.</summary>
internal static class PreflightRole
{
    /// <param name="check">Throws when it does not understand what is beside the state; null: nothing is.</param>
    public static int Run(Action<Handover>? check = null)
    {
        try
        {
            using var state = Libc.Inherit(0);
            var handover = Handover.Read(state);
            check?.Invoke(handover);
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
