using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grpc.Core;
using Slipway.Deployctl.Output;
using Slipway.Shared.Rpc;
using Slipway.Shared.Storage;

namespace Slipway.Deployctl.Connections;

/// <summary>The logins of this user. Only the owner may read the file: it holds tokens.</summary>
internal sealed class ContextFile
{
    private const UnixFileMode OwnerFolder =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _path;

    private ContextFile(string path, string? current, IReadOnlyList<ContextEntry> entries)
    {
        _path = path;
        Current = current;
        Entries = entries;
    }

    public string? Current { get; private set; }

    public IReadOnlyList<ContextEntry> Entries { get; private set; }

    public static ContextFile Load(Terminal terminal)
    {
        var path = PathFor(terminal);
        if (!File.Exists(path))
        {
            return new(path, current: null, []);
        }

        try
        {
            var root = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
            var entries = root["contexts"]!.AsObject().Select(entry => EntryOf(entry.Key, entry.Value!.AsObject()));
            return new(path, (string?)root["current"], [.. entries]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or UriFormatException
            or NullReferenceException)
        {
            throw new ProblemException(
                new Problem(
                    StatusCode.InvalidArgument,
                    "CONTEXTS_INVALID",
                    $"{path} is not a contexts file: move it away and run deployctl login again"),
                e);
        }
    }

    /// <exception cref="ProblemException">There is no such context.</exception>
    public ContextEntry Find(string name) =>
        Entries.FirstOrDefault(entry => entry.Name == name) ?? throw new ProblemException(Problem.NotFound(
            "CONTEXT_NOT_FOUND",
            $"there is no context '{name}': deployctl context list shows all, deployctl login adds one"));

    public void Put(ContextEntry entry)
    {
        Entries = [.. Entries.Where(other => other.Name != entry.Name), entry];
        Current = entry.Name;
        Save();
    }

    public void Use(string name)
    {
        Current = Find(name).Name;
        Save();
    }

    public void Remove(string name)
    {
        var entry = Find(name);
        Entries = [.. Entries.Where(other => other != entry)];
        Current = Current == name ? null : Current;
        Save();
    }

    private static string PathFor(Terminal terminal)
    {
        if (terminal.Variable("SLIPWAY_CONFIG") is { } path)
        {
            return Path.GetFullPath(path);
        }

        var home = terminal.Variable("XDG_CONFIG_HOME")
            ?? Path.Combine(terminal.Variable("HOME") ?? "/", ".config");
        return Path.Combine(home, "slipway", "contexts.json");
    }

    private static ContextEntry EntryOf(string name, JsonObject entry) =>
        new(name, new Uri((string)entry["server"]!), (string)entry["token"]!)
        {
            Authority = (string?)entry["authority"],
        };

    private void Save()
    {
        var contexts = Entries.OrderBy(entry => entry.Name, StringComparer.Ordinal).Select(entry =>
            KeyValuePair.Create<string, JsonNode?>(entry.Name, new JsonObject
            {
                ["server"] = entry.Server.AbsoluteUri,
                ["token"] = entry.Token,
                ["authority"] = entry.Authority,
            }));
        var root = new JsonObject { ["current"] = Current, ["contexts"] = new JsonObject(contexts) };
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!, OwnerFolder);
        AtomicFile.Write(_path, Encoding.UTF8.GetBytes(RowWriter.Json(root) + "\n"));
    }
}
