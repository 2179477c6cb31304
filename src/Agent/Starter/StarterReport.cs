using System.Text;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;

namespace Slipway.Agent.Starter;

/// <summary>What a daemon tells, once, the process that the user started: that it is up, or why not yet.</summary>
internal sealed class StarterReport : IDisposable
{
    public const byte Up = (byte)'+';
    public const byte NotUp = (byte)'-';

    private SafeFileHandle? _pipe;

    /// <param name="descriptor">Where; null: nobody waits.</param>
    public StarterReport(int? descriptor)
    {
        if (descriptor is { } number)
        {
            // No worker must have it: its end tells that this process has ended without a word.
            _pipe = Libc.Inherit(number);
            Libc.SetInherited(_pipe, inherited: false);
        }
    }

    public void Send(string? failure)
    {
        if (_pipe is { } pipe)
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
        _pipe?.Dispose();
        _pipe = null;
    }
}
