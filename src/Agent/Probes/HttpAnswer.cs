using System.Globalization;
using System.Text;

namespace Slipway.Agent.Probes;

/// <summary>As much of an HTTP/1.1 answer as has come.</summary>
internal sealed class HttpAnswer
{
    /// <summary>Nobody needs more to see how a program is.</summary>
    private const int Most = 256 * 1024;

    private readonly StringBuilder _text = new();

    /// <summary>Null: it has not come yet, or this is not HTTP.</summary>
    public int? Status { get; private set; }

    public bool IsMalformed { get; private set; }

    public bool IsComplete { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _text.Append(Encoding.Latin1.GetString(bytes));
        var text = _text.ToString();
        ReadStatus(text);
        var headEnd = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (headEnd >= 0 && !IsMalformed)
        {
            ReadHead(text[..headEnd], text, headEnd + 4);
        }

        IsComplete |= IsMalformed || text.Length >= Most;
    }

    private void ReadStatus(string text)
    {
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        var line = end < 0 ? text : text[..end];
        if (!line.StartsWith("HTTP/1."[..Math.Min(7, line.Length)], StringComparison.Ordinal))
        {
            IsMalformed = true;
        }
        else if (end >= 0)
        {
            var isStatus = int.TryParse(
                line.Split(' ').ElementAtOrDefault(1), NumberStyles.None, CultureInfo.InvariantCulture, out var status);
            IsMalformed = !isStatus;
            Status = isStatus ? status : null;
        }
    }

    private void ReadHead(string head, string text, int bodyStart)
    {
        if (Status is 204 or 304)
        {
            IsComplete = true;
        }

        foreach (var line in head.Split("\r\n").Skip(1))
        {
            var (name, value) = line.Split(':', 2) is [var left, var right] ? (left.Trim(), right.Trim()) : ("", "");
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)
                && long.TryParse(value, CultureInfo.InvariantCulture, out var length))
            {
                IsComplete |= text.Length - bodyStart >= length;
            }
            else if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase)
                && value.EndsWith("chunked", StringComparison.OrdinalIgnoreCase))
            {
                IsComplete |= text.AsSpan(bodyStart).EndsWith("0\r\n\r\n");
            }
        }
    }
}
