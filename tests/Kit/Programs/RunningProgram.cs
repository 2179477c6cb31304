using System.Diagnostics;
using Tests.Kit.Native;

namespace Tests.Kit.Programs;

/// <summary>A child process whose output lines can be waited for. Disposing it kills it.</summary>
public sealed class RunningProgram : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly Process _process;
    private TaskCompletionSource _changed = NewChange();

    private RunningProgram(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Add(line.Data);
        _process.Exited += (_, _) => Change();
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output
    {
        get
        {
            lock (_lock)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    public static RunningProgram Start(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = "/",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var running = new RunningProgram(start);
        running._process.StandardInput.Close();
        return running;
    }

    /// <summary>The first line that contains the text, whenever it came.</summary>
    public async Task<string> LineAsync(string text, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            var hasExited = HasExited;
            lock (_lock)
            {
                if (_lines.Find(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
                {
                    return found;
                }

                changed = _changed.Task;
            }

            if (hasExited)
            {
                throw new InvalidOperationException(
                    $"{_process.StartInfo.FileName} ended without saying '{text}':\n{Output}");
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    public void Kill() => Libc.Signal(Pid, Libc.Kill);

    /// <summary>Ends also what it started, whatever that calls itself now.</summary>
    public void KillTree() => _process.Kill(entireProcessTree: true);

    public void Terminate() => Libc.Signal(Pid, Libc.Terminate);

    public void Signal(int signal) => Libc.Signal(Pid, signal);

    /// <summary>Holds it where it is, until <see cref="Thaw"/>.</summary>
    public void Freeze() => Libc.Signal(Pid, Libc.Stop);

    public void Thaw() => Libc.Signal(Pid, Libc.Continue);

    public async Task<int> ExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasExited)
        {
            Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Add(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lock)
        {
            _lines.Add(line);
        }

        Change();
    }

    private void Change()
    {
        lock (_lock)
        {
            _changed.TrySetResult();
            _changed = NewChange();
        }
    }
}
