using System.Globalization;
using System.Text.Json;
using Slipway.Shared.Storage;

namespace Slipway.Agent.Deployments;

/// <summary>
/// Reports on their way to the control plane, on disk until they are acknowledged. Bounded: when it is full, steps
/// that a later step of the same deployment has overtaken go first, then the output of old ends; ends themselves go
/// last. How a program that served ended counts as such a step: the next one says how many there were.
/// </summary>
internal sealed class ReportSpool
{
    public const long DefaultMaxBytes = 16L << 20;

    private readonly string _folder;
    private readonly long _maxBytes;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, Entry> _entries = [];
    private long _bytes;

    public ReportSpool(string folder, long maxBytes = DefaultMaxBytes)
    {
        _folder = folder;
        _maxBytes = maxBytes;
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            Load(path);
        }
    }

    /// <summary>How many reports had to be given up since the start, because the spool was full.</summary>
    public long Dropped { get; private set; }

    /// <summary>On return the report survives a power cut. The same report twice is one.</summary>
    public void Add(DeploymentReport report)
    {
        lock (_gate)
        {
            if (_entries.Values.Any(entry =>
                entry.Report.DeploymentId == report.DeploymentId && entry.Report.Sequence == report.Sequence))
            {
                return;
            }

            Write(_entries.Count == 0 ? 1 : _entries.Keys.Last() + 1, report);
            Trim();
        }
    }

    /// <summary>What is not acknowledged yet, the oldest first.</summary>
    public IReadOnlyList<DeploymentReport> Pending()
    {
        lock (_gate)
        {
            return [.. _entries.Values.Select(entry => entry.Report)];
        }
    }

    /// <summary>The control plane has the deployment's reports up to this one. Unknown ones are ignored.</summary>
    public void Acknowledge(string deploymentId, uint sequence)
    {
        lock (_gate)
        {
            var acknowledged = _entries.Where(entry =>
                entry.Value.Report.DeploymentId == deploymentId && entry.Value.Report.Sequence <= sequence);
            foreach (var (ordinal, _) in acknowledged.ToList())
            {
                Remove(ordinal);
            }
        }
    }

    private static bool IsEnd(DeploymentReport report) =>
        report is { Phase: >= DeploymentPhase.Committed, Run: 0 };

    private void Load(string path)
    {
        var bytes = File.ReadAllBytes(path);
        if (long.TryParse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture, out var ordinal)
            && TryRead(bytes) is { } report)
        {
            _entries[ordinal] = new(path, report, bytes.Length);
            _bytes += bytes.Length;
        }
        else
        {
            // What a crash left of a file that was never renamed into place.
            File.Delete(path);
        }
    }

    private static DeploymentReport? TryRead(byte[] bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, DeploymentJson.Default.DeploymentReport);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Write(long ordinal, DeploymentReport report)
    {
        var path = Path.Combine(_folder, ordinal.ToString("D12", CultureInfo.InvariantCulture) + ".json");
        var bytes = JsonSerializer.SerializeToUtf8Bytes(report, DeploymentJson.Default.DeploymentReport);
        AtomicFile.Write(path, bytes);
        _bytes += bytes.Length - (_entries.TryGetValue(ordinal, out var before) ? before.Bytes : 0);
        _entries[ordinal] = new(path, report, bytes.Length);
    }

    private void Remove(long ordinal)
    {
        var entry = _entries[ordinal];
        File.Delete(entry.Path);
        _entries.Remove(ordinal);
        _bytes -= entry.Bytes;
    }

    private void Trim()
    {
        while (_bytes > _maxBytes && FindOvertaken() is { } overtaken)
        {
            Drop(overtaken);
        }

        while (_bytes > _maxBytes
            && _entries.FirstOrDefault(entry => entry.Value.Report.Output.Length > 0) is { Key: > 0 } one)
        {
            Write(one.Key, one.Value.Report with { Output = "" });
        }

        while (_bytes > _maxBytes && _entries.Count > 1)
        {
            var step = _entries.FirstOrDefault(entry => !IsEnd(entry.Value.Report)).Key;
            Drop(step > 0 ? step : _entries.Keys.First());
        }
    }

    private void Drop(long ordinal)
    {
        Remove(ordinal);
        Dropped++;
    }

    private long? FindOvertaken()
    {
        foreach (var (ordinal, entry) in _entries)
        {
            if (!IsEnd(entry.Report) && _entries.Values.Any(other =>
                other.Report.DeploymentId == entry.Report.DeploymentId
                && other.Report.Sequence > entry.Report.Sequence))
            {
                return ordinal;
            }
        }

        return null;
    }

    private sealed record Entry(string Path, DeploymentReport Report, long Bytes);
}
