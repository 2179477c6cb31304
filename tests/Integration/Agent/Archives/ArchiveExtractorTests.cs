using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Slipway.Agent.Archives;

namespace Tests.Integration.Agent.Archives;

public sealed class ArchiveExtractorTests : IDisposable
{
    private const UnixFileMode Program = (UnixFileMode)0b111_101_101;

    private readonly TemporaryFolder _folder = new();
    private readonly ArchiveExtractor _extractor = new(ArchiveLimits.Default);

    public ArchiveExtractorTests()
    {
        Directory.CreateDirectory(Out);
    }

    private string Out => _folder.In("out");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("app.tar")]
    [InlineData("app.tar.gz")]
    [InlineData("app.TGZ")]
    public async Task A_tar_keeps_contents_permissions_and_links(string name)
    {
        await ExtractAsync(name, tar =>
        {
            Add(tar, TarEntryType.Directory, "./", mode: Program);
            Add(tar, TarEntryType.RegularFile, "./bin/app", "#!/bin/sh", (UnixFileMode)0b100_111_101_101);
            Add(tar, TarEntryType.SymbolicLink, "current", link: "bin/app");
            Add(tar, TarEntryType.HardLink, "copy", link: "bin/app");
            Add(tar, TarEntryType.RegularFile, "empty");
        });

        Assert.Equal("#!/bin/sh", await File.ReadAllTextAsync(Path.Combine(Out, "current"), Token));
        Assert.Equal("#!/bin/sh", await File.ReadAllTextAsync(Path.Combine(Out, "copy"), Token));
        Assert.Equal(Program, File.GetUnixFileMode(Path.Combine(Out, "bin/app")));
        Assert.Equal(0, new FileInfo(Path.Combine(Out, "empty")).Length);
    }

    [Fact]
    public async Task Nobody_but_the_owner_may_write_what_was_unpacked()
    {
        const UnixFileMode Everybody = (UnixFileMode)0b111_111_111;
        File.SetUnixFileMode(Out, Everybody);
        await ExtractAsync("app.tar", tar =>
        {
            Add(tar, TarEntryType.Directory, "open/", mode: Everybody);
            Add(tar, TarEntryType.RegularFile, "open/app", "#!/bin/sh", Everybody);
            Add(tar, TarEntryType.RegularFile, "no/entry/of/its/own", "x", Everybody);
        });

        Assert.Equal(Program, File.GetUnixFileMode(Path.Combine(Out, "open/app")));
        Assert.Equal(Program, File.GetUnixFileMode(Path.Combine(Out, "open")));
        foreach (var path in Directory.EnumerateFileSystemEntries(Out, "*", SearchOption.AllDirectories).Append(Out))
        {
            Assert.Equal(
                UnixFileMode.None,
                File.GetUnixFileMode(path) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite));
        }
    }

    [Fact]
    public async Task A_zip_keeps_contents_permissions_and_links()
    {
        var archive = _folder.In("app.zip");
        await using (var zip = await ZipFile.OpenAsync(archive, ZipArchiveMode.Create, Token))
        {
            Add(zip, "bin/", 0x41ED, "");
            Add(zip, "bin/app", 0x81ED, "#!/bin/sh");
            Add(zip, "current", 0xA1FF, "bin/app");
            Add(zip, "plain", 0, "x");
        }

        await _extractor.ExtractAsync(archive, "app.zip", Out, Token);

        Assert.Equal("#!/bin/sh", await File.ReadAllTextAsync(Path.Combine(Out, "current"), Token));
        Assert.Equal(Program, File.GetUnixFileMode(Path.Combine(Out, "bin/app")));
    }

    [Theory]
    [InlineData(TarEntryType.RegularFile, "../evil", "", "../evil")]
    [InlineData(TarEntryType.RegularFile, "/etc/evil", "", "/etc/evil")]
    [InlineData(TarEntryType.SymbolicLink, "evil", "/etc/passwd", "evil")]
    [InlineData(TarEntryType.SymbolicLink, "evil", "../../etc/passwd", "evil")]
    [InlineData(TarEntryType.HardLink, "evil", "/etc/passwd", "/etc/passwd")]
    [InlineData(TarEntryType.HardLink, "evil", "missing", "evil")]
    [InlineData(TarEntryType.Fifo, "evil", "", "evil")]
    [InlineData(TarEntryType.CharacterDevice, "evil", "", "evil")]
    [InlineData(TarEntryType.BlockDevice, "evil", "", "evil")]
    public async Task A_hostile_entry_is_refused_by_name(TarEntryType type, string name, string link, string named)
    {
        var refusal = await RefusedAsync("app.tar", tar => Add(tar, type, name, link: link));

        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_behind_a_link_is_not_written()
    {
        await RefusedAsync("app.tar", tar =>
        {
            Add(tar, TarEntryType.SymbolicLink, "lib", link: "../victim");
            Add(tar, TarEntryType.RegularFile, "lib/x", "evil");
        });

        Assert.False(Directory.Exists(_folder.In("victim")));
    }

    [Fact]
    public async Task A_repeated_name_is_refused()
    {
        var refusal = await RefusedAsync("app.tar", tar =>
        {
            Add(tar, TarEntryType.RegularFile, "a", "1");
            Add(tar, TarEntryType.RegularFile, "./a", "2");
        });

        Assert.Contains("twice", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_many_entries_are_refused()
    {
        var extractor = new ArchiveExtractor(ArchiveLimits.Default with { Entries = 2 });
        var archive = await WriteAsync("app.tar", tar =>
        {
            Add(tar, TarEntryType.RegularFile, "a");
            Add(tar, TarEntryType.RegularFile, "b");
            Add(tar, TarEntryType.RegularFile, "c");
        });

        await Assert.ThrowsAsync<ArchiveException>(() => extractor.ExtractAsync(archive, "app.tar", Out, Token));
    }

    [Theory]
    [InlineData("bomb.tar.gz")]
    [InlineData("bomb.zip")]
    public async Task Ten_gigabytes_of_zeros_stop_early(string name)
    {
        var archive = await WriteBombAsync(name, 10L << 30);

        var refusal = await Assert.ThrowsAsync<ArchiveException>(
            () => _extractor.ExtractAsync(archive, name, Out, Token));

        Assert.Contains("200 times", refusal.Message, StringComparison.Ordinal);
        Assert.True(new FileInfo(Path.Combine(Out, "zeros")).Length < 3L << 30);
    }

    [Fact]
    public async Task An_archive_does_not_fill_the_disk()
    {
        var extractor = new ArchiveExtractor(ArchiveLimits.Default with { DiskBytes = 1000 });
        var archive = await WriteAsync(
            "app.tar", tar => Add(tar, TarEntryType.RegularFile, "a", new string('x', 2000)));

        var refusal = await Assert.ThrowsAsync<IOException>(
            () => extractor.ExtractAsync(archive, "app.tar", Out, Token));

        Assert.Equal(DiskErrors.NoSpace, refusal.HResult);
    }

    [Theory]
    [InlineData("app.tar", 100)]
    [InlineData("app.tar", 2048)]
    [InlineData("app.tar.gz", 60)]
    public async Task A_truncated_archive_is_refused(string name, int cut)
    {
        var archive = await WriteAsync(name, tar => Add(tar, TarEntryType.RegularFile, "a", new string('x', 700)));
        await using (var file = new FileStream(archive, FileMode.Open))
        {
            file.SetLength(Math.Max(0, file.Length - cut));
        }

        // The end of a tar is two zero blocks: without the second it is still whole.
        if (name == "app.tar" && cut < 1024)
        {
            await _extractor.ExtractAsync(archive, name, Out, Token);
            return;
        }

        await Assert.ThrowsAsync<ArchiveException>(() => _extractor.ExtractAsync(archive, name, Out, Token));
    }

    [Theory]
    [InlineData("app.tar")]
    [InlineData("app.tgz")]
    [InlineData("app.zip")]
    [InlineData("app.exe")]
    public async Task What_is_no_archive_is_refused(string name)
    {
        var archive = _folder.In(name);
        await File.WriteAllTextAsync(archive, "this is not an archive at all, is it", Token);

        await Assert.ThrowsAsync<ArchiveException>(() => _extractor.ExtractAsync(archive, name, Out, Token));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static void Add(
        TarWriter tar, TarEntryType type, string name, string content = "", UnixFileMode? mode = null, string link = "")
    {
        var entry = new PaxTarEntry(type, name);
        if (mode is { } given)
        {
            entry.Mode = given;
        }

        if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
        {
            entry.LinkName = link;
        }

        if (content.Length > 0)
        {
            entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content));
        }

        tar.WriteEntry(entry);
    }

    private static void Add(ZipArchive zip, string name, int attributes, string content)
    {
        var entry = zip.CreateEntry(name);
        entry.ExternalAttributes = attributes << 16;
        using var stream = entry.Open();
        stream.Write(Encoding.UTF8.GetBytes(content));
    }

    private async Task ExtractAsync(string name, Action<TarWriter> fill) =>
        await _extractor.ExtractAsync(await WriteAsync(name, fill), name, Out, Token);

    private Task<ArchiveException> RefusedAsync(string name, Action<TarWriter> fill) =>
        Assert.ThrowsAsync<ArchiveException>(() => ExtractAsync(name, fill));

    private async Task<string> WriteAsync(string name, Action<TarWriter> fill)
    {
        var path = _folder.In(name);
        await using var file = File.Create(path);
        await using var packed = name.EndsWith(".tar", StringComparison.Ordinal)
            ? (Stream)file
            : new GZipStream(file, CompressionLevel.Fastest);
        await using var tar = new TarWriter(packed, TarEntryFormat.Pax);
        fill(tar);
        return path;
    }

    private async Task<string> WriteBombAsync(string name, long size)
    {
        var path = _folder.In(name);
        if (name.EndsWith(".zip", StringComparison.Ordinal))
        {
            await using var zip = await ZipFile.OpenAsync(path, ZipArchiveMode.Create, Token);
            await using var entry = await zip.CreateEntry("zeros").OpenAsync(Token);
            await WriteZerosAsync(entry, size / 20);
        }
        else
        {
            await using var file = File.Create(path);
            await using var packed = new GZipStream(file, CompressionLevel.SmallestSize);
            await packed.WriteAsync(Header(size), Token);
            await WriteZerosAsync(packed, size / 20);
        }

        return path;
    }

    // The whole of the content is never needed: the reader has to stop long before.
    private static async Task WriteZerosAsync(Stream stream, long size)
    {
        var zeros = new byte[1 << 20];
        for (var written = 0L; written < size; written += zeros.Length)
        {
            await stream.WriteAsync(zeros, Token);
        }
    }

    private static byte[] Header(long size)
    {
        var header = new byte[512];
        Encoding.ASCII.GetBytes("zeros").CopyTo(header, 0);
        Encoding.ASCII.GetBytes("0000644\0" + "0000000\0" + "0000000\0").CopyTo(header, 100);
        var octal = Convert.ToString(Math.Min(size, 0x1FFFFFFFF), 8);
        Encoding.ASCII.GetBytes(octal.PadLeft(11, '0') + "\0").CopyTo(header, 124);
        Encoding.ASCII.GetBytes("00000000000\0" + "        " + "0").CopyTo(header, 136);
        Encoding.ASCII.GetBytes("ustar\0" + "00").CopyTo(header, 257);
        var sum = header.Sum(part => part);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
        return header;
    }
}
