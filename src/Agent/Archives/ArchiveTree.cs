namespace Slipway.Agent.Archives;

/// <summary>The names of an archive, each with what it is; knows which of them would lead outside.</summary>
internal sealed class ArchiveTree
{
    // Linux gives up on a path after as many links.
    private const int MaxLinks = 40;

    private readonly Dictionary<string, Node> _nodes = [];

    private enum Kind
    {
        Folder,
        File,
        Link,
    }

    /// <summary>The name in its shortest form, without a leading slash; empty for the root itself.</summary>
    public static string Normalize(string name)
    {
        if (name.StartsWith('/'))
        {
            throw new ArchiveException($"The archive's entry '{name}' has an absolute name.");
        }

        if (name.Length == 0 || name.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArchiveException($"The archive has an entry without a usable name: '{name.Replace('\0', '?')}'.");
        }

        var parts = name.Split('/').Where(part => part is not ("" or ".")).ToArray();
        return parts.Contains("..")
            ? throw new ArchiveException($"The archive's entry '{name}' has '..' in its name.")
            : string.Join('/', parts);
    }

    /// <summary>Adds a folder; false when it is there already.</summary>
    public bool AddFolder(string name)
    {
        if (name.Length == 0)
        {
            return false;
        }

        AddParents(name);
        if (!_nodes.TryGetValue(name, out var node))
        {
            _nodes.Add(name, new(Kind.Folder));
            return true;
        }

        return node.Kind == Kind.Folder ? false : throw Repeated(name);
    }

    public void AddFile(string name) => Add(name, new(Kind.File));

    /// <summary>Adds a symbolic link; where it leads is checked at the end, when all links are known.</summary>
    public void AddLink(string name, string target)
    {
        if (target.Length == 0 || target.StartsWith('/') || target.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArchiveException($"The archive's link '{name}' does not lead to a relative path.");
        }

        Add(name, new(Kind.Link, target));
    }

    public bool IsFile(string name) => _nodes.TryGetValue(name, out var node) && node.Kind == Kind.File;

    /// <exception cref="ArchiveException">A link leads out of the root, by itself or through others.</exception>
    public void CheckLinks()
    {
        foreach (var (name, node) in _nodes)
        {
            if (node.Target is { } target && !StaysInside(name, target))
            {
                throw new ArchiveException($"The archive's link '{name}' leads outside, to '{target}'.");
            }
        }
    }

    private static ArchiveException Repeated(string name) => new($"The archive has the name '{name}' twice.");

    private void Add(string name, Node node)
    {
        if (name.Length == 0)
        {
            throw new ArchiveException("The archive replaces its own root by something that is not a folder.");
        }

        AddParents(name);
        if (!_nodes.TryAdd(name, node))
        {
            throw Repeated(name);
        }
    }

    private void AddParents(string name)
    {
        for (var slash = name.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = name.IndexOf('/', slash + 1))
        {
            var parent = name[..slash];
            if (_nodes.TryAdd(parent, new(Kind.Folder)) || _nodes[parent].Kind == Kind.Folder)
            {
                continue;
            }

            throw new ArchiveException(
                $"The archive's entry '{name}' would be written through '{parent}', which is not a folder.");
        }
    }

    // As the kernel walks: '..' after a link goes up from where the link led to, which a look at the text alone misses.
    private bool StaysInside(string name, string target)
    {
        var here = new List<string>(name.Split('/')[..^1]);
        var ahead = new Stack<string>(target.Split('/').Reverse());
        var links = 0;
        while (ahead.TryPop(out var part))
        {
            if (part is "" or ".")
            {
                continue;
            }

            if (part == "..")
            {
                if (here.Count == 0)
                {
                    return false;
                }

                here.RemoveAt(here.Count - 1);
                continue;
            }

            here.Add(part);
            if (_nodes.TryGetValue(string.Join('/', here), out var node) && node.Target is { } next)
            {
                if (++links > MaxLinks)
                {
                    return true;
                }

                here.RemoveAt(here.Count - 1);
                foreach (var step in next.Split('/').Reverse())
                {
                    ahead.Push(step);
                }
            }
        }

        return true;
    }

    private sealed record Node(Kind Kind, string? Target = null);
}
