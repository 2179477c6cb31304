using System.ComponentModel;
using System.Text.Json;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor;

/// <summary>Keeps the journal on disk. While that fails, what runs goes on, and writing is tried again.</summary>
/// <param name="folder">Null: nothing is kept.</param>
/// <param name="poller">Tells when to try again.</param>
internal sealed class SupervisorStore(string? folder, Poller poller)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private IDisposable? _again;

    /// <summary>What an earlier supervisor left; a broken journal is set aside if nothing lives of what it tells.
    /// </summary>
    /// <exception cref="IOException">It is broken, and something lives.</exception>
    public SupervisorJournal? Load(string from)
    {
        try
        {
            return SupervisorJournal.Read(from);
        }
        catch (JsonException e)
        {
            var path = Path.Combine(from, SupervisorJournal.FileName);
            if (Leftovers.Find(from) is { Count: > 0 } living)
            {
                throw new IOException(
                    $"{path} cannot be read ({e.Message}), and programs that it tells of run on: end the processes "
                        + $"{string.Join(", ", living)}; then they are started anew.",
                    e);
            }

            File.Move(path, path + ".broken", overwrite: true);
            Complain($"{path} cannot be read ({e.Message}); nothing that it tells of lives: it is {path}.broken now.");
            return null;
        }
    }

    public void Save(SupervisorJournal journal)
    {
        _again?.Dispose();
        try
        {
            if (folder is not null)
            {
                journal.Write(folder);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Complain($"The state could not be written: {e.Message}");
            _again = poller.After(Pause, () => Save(journal));
        }
    }

    /// <summary>A line in the supervisor's own log.</summary>
    public void Complain(string what)
    {
        try
        {
            var line = $"{poller.Now:O} {what}";
            if (folder is not null)
            {
                SupervisorLog.Write(folder, line);
            }
            else
            {
                Console.Error.WriteLine(line);
            }
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
        {
            // It lies on the same full disk.
        }
    }
}
