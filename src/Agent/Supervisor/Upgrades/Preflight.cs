using System.ComponentModel;
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor.Upgrades;

/// <summary>Asks a program whether it could take the state over: it gets a copy and answers with its version.</summary>
internal sealed class Preflight : IDisposable
{
    public const string Argument = "--preflight";

    private const int MostOutput = 4096;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly SafeFileHandle _process;
    private readonly SafeFileHandle _output;
    private readonly IDisposable _watch;
    private readonly IDisposable _alarm;
    private readonly int _pid;
    private bool _isLate;

    /// <param name="poller">What waits for the answer.</param>
    /// <param name="program">The program, and the arguments that it is asked with.</param>
    /// <param name="handover">The state.</param>
    /// <param name="passed">Is told the version.</param>
    /// <param name="failed">Is told why it could not.</param>
    /// <exception cref="Win32Exception">It cannot be executed.</exception>
    public Preflight(
        Poller poller,
        (string Path, IReadOnlyList<string> Arguments) program,
        Handover handover,
        Action<string> passed,
        Action<string> failed)
    {
        (_output, var writer) = Libc.CreatePipe();
        try
        {
            using var state = handover.Write();
            _pid = Libc.Spawn(
                new SpawnOrder(program.Path, program.Arguments, ChildLauncher.OwnEnvironment())
                {
                    Descriptors = SpawnOrder.InOrder(state, writer, writer),
                });
        }
        catch
        {
            _output.Dispose();
            throw;
        }
        finally
        {
            writer.Dispose();
        }

        _process = Libc.OpenProcess(_pid)!;
        _alarm = poller.After(Limit, () =>
        {
            _isLate = true;
            Libc.SendGroupSignal(_pid, Libc.SignalKill);
        });
        _watch = poller.On(_process, Libc.Readable, () =>
        {
            var isGood = Libc.WaitForChild(_process, reap: true) is { IsSignal: false, Status: 0 };
            var output = ReadOutput();
            Close();
            if (isGood && output.Length > 0)
            {
                passed(output.Split('\n')[^1]);
            }
            else
            {
                failed(_isLate
                    ? string.Create(CultureInfo.InvariantCulture, $"no answer within {Limit.TotalSeconds} s.")
                    : output.Length > 0 ? output : "it did not say its version.");
            }
        });
    }

    /// <summary>Ends it, if it lives.</summary>
    public void Dispose()
    {
        if (!_process.IsClosed)
        {
            Libc.SendGroupSignal(_pid, Libc.SignalKill);
            Close();
        }
    }

    private void Close()
    {
        _watch.Dispose();
        _alarm.Dispose();
        _process.Dispose();
        _output.Dispose();
    }

    private string ReadOutput()
    {
        Span<byte> buffer = stackalloc byte[MostOutput];
        var length = 0;
        while (length < buffer.Length && Libc.Read(_output, buffer[length..]) is var read and > 0)
        {
            length += read;
        }

        return Encoding.UTF8.GetString(buffer[..length]).Trim();
    }
}
