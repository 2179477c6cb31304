using System.ComponentModel;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;

namespace Slipway.Agent.Starter;

/// <summary>Where start_server and its workers write: the standard error, a file, or a command.</summary>
internal sealed class StarterOutput(StarterOptions options) : IDisposable
{
    private const int StandardOutput = 1;
    private const int StandardError = 2;
    private const int EverybodyMay = 0x1b6; // 0666, less the umask.

    private readonly SafeFileHandle _error = new(StandardError, ownsHandle: false);
    private SafeFileHandle? _log;

    /// <summary>The process of a command that takes the output; null: there is none, or it has ended.</summary>
    public SafeFileHandle? LogProcess { get; set; }

    private string? Command => options.LogFile?.TrimStart() is ['|', .. var command] ? command.TrimStart() : null;

    public void Say(string line)
    {
        try
        {
            Libc.Write(_error, Encoding.UTF8.GetBytes(line + "\n"));
        }
        catch (Win32Exception)
        {
            // Nobody reads any more. That is no reason to stop serving.
        }
    }

    /// <summary>Opens the log, so that what is wrong with it can still be told to the user.</summary>
    /// <exception cref="StarterException">It cannot be opened.</exception>
    public void Open()
    {
        try
        {
            _log = options.LogFile is not { } path ? null
                : Command is { } command ? StartCommand(command)
                : Libc.OpenAppend(path, EverybodyMay);
        }
        catch (Win32Exception e)
        {
            throw new StarterException($"failed to open log file:{options.LogFile}: {e.Message}");
        }
    }

    /// <summary>From here on everything goes to the log.</summary>
    public void Redirect()
    {
        if (_log is { } log)
        {
            Libc.DuplicateOnto(log, StandardOutput);
            Libc.DuplicateOnto(log, StandardError);
            log.Dispose();
        }
    }

    /// <summary>Opens the file anew, after somebody has given the old one another name.</summary>
    public void Reopen()
    {
        if (options.LogFile is not null && Command is null)
        {
            try
            {
                Open();
                Redirect();
            }
            catch (StarterException e)
            {
                Say(e.Message);
            }
        }
    }

    /// <summary>It has ended.</summary>
    public void ForgetLogProcess()
    {
        LogProcess?.Dispose();
        LogProcess = null;
    }

    public void Dispose()
    {
        _error.Dispose();
        _log?.Dispose();
        LogProcess?.Dispose();
    }

    private SafeFileHandle StartCommand(string command)
    {
        var (reader, writer) = Libc.CreatePipe();
        Libc.SetBlocking(reader, blocking: true);
        using (reader)
        {
            var variables = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>();
            var pid = Libc.Spawn(new SpawnOrder(
                "/bin/sh", ["sh", "-c", command], [.. variables.Select(entry => $"{entry.Key}={entry.Value}")])
            {
                Descriptors = new Dictionary<int, System.Runtime.InteropServices.SafeHandle> { [0] = reader },
                KeepsOthers = true,
                LeadsSession = false,
            });
            LogProcess = Libc.OpenProcess(pid);
        }

        return writer;
    }
}
