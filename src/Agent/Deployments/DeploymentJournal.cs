using System.Text.Json;
using Slipway.Shared.Storage;

namespace Slipway.Agent.Deployments;

/// <summary>
/// A deployment's journal: a line of JSON for each step, on disk before the step's effects. A last line that a crash
/// tore is cut off, and its step counts as not begun.
/// </summary>
internal sealed class DeploymentJournal : IDisposable
{
    private const byte LineFeed = (byte)'\n';

    private readonly string _path;
    private readonly FileStream _file;

    private DeploymentJournal(string path, FileStream file, Attempt attempt)
    {
        _path = path;
        _file = file;
        Attempt = attempt;
    }

    /// <summary>What the lines so far say.</summary>
    public Attempt Attempt { get; private set; }

    /// <summary>Begins the journal of a workload's attempt.</summary>
    public static DeploymentJournal Create(string path, Workload workload, DateTimeOffset now)
    {
        var first = new JournalRecord(1, DeploymentPhase.Assigned, now) { Workload = workload };
        var file = new FileStream(path, Options(FileMode.Create));
        try
        {
            Append(file, first);
            AtomicFile.FlushFolderOf(path);
            return new(path, file, new(workload, first, IsDecided: false));
        }
        catch
        {
            file.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Reads a journal that was left; null when not even its first line is whole.</summary>
    public static DeploymentJournal? Open(string path)
    {
        var file = new FileStream(path, Options(FileMode.Open));
        var content = new byte[file.Length];
        file.ReadExactly(content);
        var whole = content.AsSpan().LastIndexOf(LineFeed) + 1;
        var attempt = Attempt.Replay(Parse(content.AsMemory(0, whole)));
        if (attempt is null)
        {
            file.Dispose();
            return null;
        }

        file.SetLength(whole);
        file.Position = whole;
        return new(path, file, attempt);
    }

    /// <summary>The next step, which may be taken when this has returned.</summary>
    public JournalRecord Append(DeploymentPhase phase, DateTimeOffset now) =>
        Append(new JournalRecord(Attempt.Last.Sequence + 1, phase, now));

    /// <summary>The last step of an attempt that failed.</summary>
    public JournalRecord AppendFailure(Step failure, DateTimeOffset now) =>
        Append(new JournalRecord(Attempt.Last.Sequence + 1, DeploymentPhase.Failed, now)
        {
            Reason = failure.Reason,
            Detail = failure.Detail,
            Output = failure.Output,
        });

    /// <summary>From here the attempt only goes forward.</summary>
    public void AppendDecision(DateTimeOffset now) => Append(new JournalRecord(0, Attempt.Phase, now));

    /// <summary>Forgets the attempt, whose end is reported and remembered elsewhere.</summary>
    public void Delete()
    {
        Dispose();
        File.Delete(_path);
    }

    public void Dispose() => _file.Dispose();

    private static IEnumerable<JournalRecord> Parse(ReadOnlyMemory<byte> lines)
    {
        while (lines.Length > 0)
        {
            var end = lines.Span.IndexOf(LineFeed);
            if (JsonSerializer.Deserialize(lines.Span[..end], DeploymentJson.Default.JournalRecord) is { } record)
            {
                yield return record;
            }

            lines = lines[(end + 1)..];
        }
    }

    private static void Append(FileStream file, JournalRecord record)
    {
        var start = file.Position;
        try
        {
            var line = JsonSerializer.SerializeToUtf8Bytes(record, DeploymentJson.Default.JournalRecord);
            file.Write([.. line, LineFeed]);
            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // A full disk: half a line must not stay in the way of the next try.
            file.SetLength(start);
            file.Position = start;
            throw;
        }
    }

    private static FileStreamOptions Options(FileMode mode) => new()
    {
        Mode = mode,
        Access = FileAccess.ReadWrite,
        Share = FileShare.Read,
        BufferSize = 0,
    };

    private JournalRecord Append(JournalRecord record)
    {
        Append(_file, record);
        Attempt = Attempt.With(record);
        return record;
    }
}
