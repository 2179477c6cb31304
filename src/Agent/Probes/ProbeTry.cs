using System.ComponentModel;
using System.Net;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;

namespace Slipway.Agent.Probes;

/// <summary>
/// One connection of a probe. Its request lacks the last line until it is known who accepted: a rival never gets to
/// see a whole request, and its answer is never taken for the probed generation's.
/// </summary>
internal sealed class ProbeTry : IDisposable
{
    private readonly Poller _poller;
    private readonly ProbeTarget _target;
    private readonly Action _changed;
    private readonly SafeFileHandle _socket;
    private readonly HttpAnswer _answer = new();
    private IDisposable _watch;
    private IPEndPoint? _ownAddress;
    private bool _isConnected;
    private bool _isOwnerKnown;
    private bool _isNudged;

    public ProbeTry(Poller poller, ProbeTarget target, bool isOwnerKnown, Action changed)
    {
        (_poller, _target, _changed, _isOwnerKnown) = (poller, target, changed, isOwnerKnown);
        _socket = Libc.BeginConnect(target.Address);
        _watch = poller.On(_socket, Libc.Writable, OnConnected);
    }

    public ProbeOutcome Outcome { get; private set; }

    public string Detail { get; private set; } = "nothing has accepted the connection";

    public bool AwaitsOwner =>
        _isConnected && !_isOwnerKnown && Outcome == ProbeOutcome.Pending && !_socket.IsClosed;

    private bool IsHttp => _target.Spec.Kind == ReadinessKind.Http;

    /// <summary>Looks who accepted.</summary>
    /// <param name="connections">Where to look.</param>
    /// <param name="isOwn">Whether the socket with this inode belongs to the probed generation.</param>
    public void Identify(ConnectionLookup connections, Predicate<long> isOwn)
    {
        _ownAddress ??= Libc.LocalAddressOf(_socket);
        if (connections.Find(_target.Address, _ownAddress) is not { } entry)
        {
            return;
        }

        if (entry is { IsHeldBack: true, Inode: 0 } && !IsHttp && !_isNudged)
        {
            // An empty line: what many protocols skip. Without a byte the kernel would not hand the connection over.
            _isNudged = true;
            Send("\r\n");
        }

        if (entry.Inode == 0)
        {
            return;
        }

        if (!isOwn(entry.Inode))
        {
            End(ProbeOutcome.Rival, "an earlier generation accepts the connections");
        }
        else if (IsHttp)
        {
            _isOwnerKnown = true;
            Detail = "no answer yet";
            Send("\r\n");
        }
        else
        {
            End(ProbeOutcome.Good, "accepted");
        }
    }

    /// <summary>The time is over.</summary>
    public void TimeOut()
    {
        if (_answer.Status is { } status)
        {
            Judge(status); // The head came, and the rest would have said no more.
        }
        else if (Outcome == ProbeOutcome.Pending)
        {
            End(ProbeOutcome.Bad, Detail + " in time");
        }
    }

    public void Dispose()
    {
        _watch.Dispose();
        _socket.Dispose();
    }

    private void OnConnected()
    {
        _watch.Dispose();
        if (Libc.ErrorOf(_socket) is var error and not 0)
        {
            End(ProbeOutcome.Bad, $"cannot connect: {new Win32Exception(error).Message}");
            return;
        }

        _isConnected = true;
        _watch = _poller.On(_socket, Libc.Readable, OnReadable);
        if (IsHttp)
        {
            Send(Request() + (_isOwnerKnown ? "\r\n" : ""));
        }
    }

    private void OnReadable()
    {
        Span<byte> buffer = stackalloc byte[8 * 1024];
        try
        {
            var length = Libc.Read(_socket, buffer);
            if (length == Libc.WouldBlock)
            {
                return;
            }

            _answer.Append(buffer[..length]);
            if (length == 0 || _answer.IsComplete)
            {
                OnAnswered();
            }
        }
        catch (Win32Exception e)
        {
            OnBroken(e);
        }
    }

    private void OnAnswered()
    {
        if (!IsHttp || !_isOwnerKnown)
        {
            // Closed, or refused, before it was known by whom.
            End(ProbeOutcome.Rival, "the connection was closed before it was known who accepted it");
        }
        else if (_answer.Status is { } status)
        {
            Judge(status);
        }
        else
        {
            End(ProbeOutcome.Bad, "the answer is not HTTP");
        }
    }

    private void OnBroken(Win32Exception e) => End(
        _isOwnerKnown ? ProbeOutcome.Bad : ProbeOutcome.Rival,
        $"the connection broke: {new Win32Exception(e.NativeErrorCode).Message}");

    private void Judge(int status)
    {
        var statuses = _target.Spec.Statuses;
        var isGood = statuses.Count == 0 ? status is >= 200 and < 400 : statuses.Contains(status);
        End(isGood ? ProbeOutcome.Good : ProbeOutcome.Bad, FormattableString.Invariant($"answered {status}"));
    }

    private void Send(string text)
    {
        try
        {
            Libc.Send(_socket, Encoding.Latin1.GetBytes(text));
        }
        catch (Win32Exception e)
        {
            OnBroken(e);
        }
    }

    private string Request()
    {
        var host = _target.Spec.Host ?? _target.Address.ToString();
        return $"GET {_target.Spec.Path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: slipway-probe\r\n"
            + "Accept: */*\r\nConnection: close\r\n";
    }

    private void End(ProbeOutcome outcome, string detail)
    {
        if (Outcome == ProbeOutcome.Pending)
        {
            (Outcome, Detail) = (outcome, detail);
            Dispose();
            _changed();
        }
    }
}
