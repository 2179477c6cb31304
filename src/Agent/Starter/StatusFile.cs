using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Slipway.Agent.Starter;

/// <summary>Who serves: a line GENERATION:PID for each worker. Readers never see half of it.</summary>
internal sealed class StatusFile(string path)
{
    private readonly string _path = Path.GetFullPath(path);

    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(IReadOnlyList<StatusLine> workers)
    {
        var text = new StringBuilder();
        foreach (var worker in workers)
        {
            text.Append(CultureInfo.InvariantCulture, $"{worker.Generation}:{worker.Pid}\n");
        }

        var temporary = string.Create(CultureInfo.InvariantCulture, $"{_path}.{Environment.ProcessId}");
        using (var file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write))
        {
            RandomAccess.Write(file, Encoding.UTF8.GetBytes(text.ToString()), 0);
        }

        File.Move(temporary, _path, overwrite: true);
    }

    /// <summary>The generations that it names, from the lowest; null: there is no such file.</summary>
    public static IReadOnlyList<int>? ReadGenerations(string path)
    {
        try
        {
            var generations =
                from line in File.ReadAllLines(path)
                let word = line.Split(':')[0]
                where line.Contains(':', StringComparison.Ordinal)
                let number = int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0
                where number > 0
                orderby number
                select number;
            return [.. generations.Distinct()];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Also one that a daemon left behind which was killed: its generations are not ours.</summary>
    public void Remove() => File.Delete(_path);
}

/// <summary>A worker that serves.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct StatusLine(int Generation, int Pid);
