using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Slipway.Shared.Storage;

namespace Slipway.Agent.Link;

/// <summary>Keeps the identity on disk: a kill at any point neither loses it nor uses up a second token.</summary>
/// <remarks>
/// The key of an enrolment is stored before the token is sent: should the answer be lost, the same request is made
/// again.
/// </remarks>
internal sealed class IdentityStore(string folder)
{
    private readonly TaskCompletionSource _known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _identity = Path.Combine(folder, "agent.json");
    private readonly string _enrolling = Path.Combine(folder, "enrolling.pem");

    public string Folder => folder;

    /// <summary>The peer in force; null: this agent does not know who it is yet.</summary>
    public Peer? Current
    {
        get => Volatile.Read(ref field);
        private set => Volatile.Write(ref field, value);
    }

    /// <summary>Waits for the enrolment, if there was none yet.</summary>
    public async Task<Peer> WhenKnownAsync(CancellationToken cancellationToken)
    {
        await _known.Task.WaitAsync(cancellationToken);
        return Current!;
    }

    /// <summary>Lets all of the process use this peer from now on.</summary>
    public Peer Publish(Peer peer)
    {
        Current = peer;
        _known.TrySetResult();
        return peer;
    }

    /// <summary>The stored identity; null: this host has not enrolled yet.</summary>
    /// <exception cref="InvalidDataException">It is there and cannot be read.</exception>
    public AgentIdentity? Load()
    {
        if (Directory.Exists(folder))
        {
            AtomicFile.Sweep(folder);
        }

        try
        {
            return File.Exists(_identity)
                ? new(JsonSerializer.Deserialize(File.ReadAllBytes(_identity), LinkJson.Default.IdentityFile)
                    ?? throw new JsonException("It is empty."))
                : null;
        }
        catch (Exception exception) when (exception is JsonException or CryptographicException)
        {
            throw new InvalidDataException(
                $"The identity in {_identity} is damaged ({exception.Message}); remove the file and enrol again.",
                exception);
        }
    }

    /// <summary>Makes the identity the one in force; returns once it survives a power cut.</summary>
    public AgentIdentity Save(IdentityFile file)
    {
        // Read before it is written: what cannot be used must not replace what can.
        var identity = new AgentIdentity(file);
        Directory.CreateDirectory(folder);
        AtomicFile.Write(_identity, JsonSerializer.SerializeToUtf8Bytes(file, LinkJson.Default.IdentityFile));
        File.Delete(_enrolling);
        return identity;
    }

    /// <summary>The key of the enrolment under way, which is begun if need be.</summary>
    public ECDsa EnrollingKey()
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (File.Exists(_enrolling))
        {
            key.ImportFromPem(File.ReadAllText(_enrolling));
        }
        else
        {
            Directory.CreateDirectory(
                folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            AtomicFile.Write(_enrolling, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        }

        return key;
    }
}
