using CsCheck;
using Slipway.Agent.Archives;

namespace Tests.Unit.Agent.Archives;

public class ArchiveTreeTests
{
    private static readonly string[] Parts = ["..", ".", "a", "b", "c"];

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("a/../../b")]
    [InlineData("a/..")]
    [InlineData("")]
    [InlineData("a\0b")]
    public void A_name_that_could_leave_the_root_is_refused(string name) =>
        Assert.Throws<ArchiveException>(() => ArchiveTree.Normalize(name));

    [Theory]
    [InlineData("./a//b/./c/", "a/b/c")]
    [InlineData("./", "")]
    [InlineData("..a/b..", "..a/b..")]
    public void A_name_is_brought_to_its_shortest_form(string name, string expected) =>
        Assert.Equal(expected, ArchiveTree.Normalize(name));

    [Fact]
    public void Nothing_is_written_through_a_link()
    {
        var tree = new ArchiveTree();
        tree.AddLink("lib", "bin");

        var refusal = Assert.Throws<ArchiveException>(() => tree.AddFile("lib/x"));

        Assert.Contains("'lib'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_may_not_come_twice()
    {
        var tree = new ArchiveTree();
        tree.AddFile("a");

        Assert.Throws<ArchiveException>(() => tree.AddFile("a"));
        Assert.Throws<ArchiveException>(() => tree.AddLink("a", "b"));
        Assert.Throws<ArchiveException>(() => tree.AddFolder("a"));
    }

    [Theory]
    [InlineData("a", "..")]
    [InlineData("a", "b/../..")]
    [InlineData("d/a", "../../x")]
    [InlineData("d/a", "../d/../../x")]
    public void A_link_that_leads_outside_is_refused(string name, string target)
    {
        var tree = new ArchiveTree();
        tree.AddLink(name, target);

        Assert.Throws<ArchiveException>(tree.CheckLinks);
    }

    [Fact]
    public void A_link_that_leads_outside_through_another_link_is_refused()
    {
        var tree = new ArchiveTree();
        tree.AddFolder("d");
        tree.AddLink("d/root", "..");
        tree.AddLink("out", "d/root/../etc");

        var refusal = Assert.Throws<ArchiveException>(tree.CheckLinks);

        Assert.Contains("'out'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Links_inside_and_circles_are_taken()
    {
        var tree = new ArchiveTree();
        tree.AddFile("bin/app");
        tree.AddLink("current", "bin/app");
        tree.AddLink("bin/self", "../current");
        tree.AddLink("x", "y");
        tree.AddLink("y", "x");

        tree.CheckLinks();
    }

    [Fact]
    public void No_set_of_links_that_is_taken_leads_outside()
    {
        var part = Gen.Int[0, 4].Select(i => Parts[i]);
        var path = part.Array[1, 4].Select(parts => string.Join('/', parts));
        Gen.Select(path, path).Array[1, 6].Sample(links =>
        {
            var tree = new ArchiveTree();
            var known = new Dictionary<string, string>();
            foreach (var (name, target) in links)
            {
                if (Taken(tree, name, target))
                {
                    known[ArchiveTree.Normalize(name)] = target;
                }
            }

            if (Accepts(tree))
            {
                Assert.All(known.Keys, link => Assert.True(Walk(known, link)));
            }
        });
    }

    private static bool Taken(ArchiveTree tree, string name, string target)
    {
        try
        {
            tree.AddLink(ArchiveTree.Normalize(name), target);
            return true;
        }
        catch (ArchiveException)
        {
            return false;
        }
    }

    private static bool Accepts(ArchiveTree tree)
    {
        try
        {
            tree.CheckLinks();
            return true;
        }
        catch (ArchiveException)
        {
            return false;
        }
    }

    // A second, simpler walker: replaces the first link in the path and starts over.
    private static bool Walk(Dictionary<string, string> links, string path)
    {
        for (var hops = 0; hops < 40; hops++)
        {
            var here = new List<string>();
            var parts = path.Split('/');
            string? next = null;
            for (var i = 0; i < parts.Length && next is null; i++)
            {
                if (parts[i] == "..")
                {
                    if (here.Count == 0)
                    {
                        return false;
                    }

                    here.RemoveAt(here.Count - 1);
                }
                else if (parts[i] is not ("." or ""))
                {
                    here.Add(parts[i]);
                    if (links.TryGetValue(string.Join('/', here), out var target))
                    {
                        next = string.Join('/', here.SkipLast(1).Append(target).Concat(parts.Skip(i + 1)));
                    }
                }
            }

            if (next is null)
            {
                return true;
            }

            path = next;
        }

        return true;
    }
}
