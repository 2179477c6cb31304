using System.Text;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;

namespace Slipway.Agent.Starter;

/// <summary>What a daemon tells, once, the process that the user started: that it is up, or why not yet.</summary>
internal sealed class StarterReport : IDisposable
{
    public const byte Up = (byte)'+';
    public const byte NotUp = (byte)'-';

    /// <param name="pipe">Where; null: nobody waits.</param>
    public StarterReport(SafeFileHandle? pipe)
    {
        Pipe = pipe;
        if (pipe is not null)
        {
            // No worker must have it: its end tells that this process has ended without a word.
            Libc.SetInherited(pipe, inherited: false);
        }
    }

    /// <summary>Null: it was told, or nobody waits.</summary>
    public SafeFileHandle? Pipe { get; private set; }

    public void Send(string? failure)
    {
        if (Pipe is { } pipe)
        {
            try
            {
                Libc.Write(pipe, failure is null ? [Up] : [NotUp, .. Encoding.UTF8.GetBytes(failure)]);
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // The user did not wait.
            }

            Dispose();
        }
    }

    public void Dispose()
    {
        Pipe?.Dispose();
        Pipe = null;
    }
}
