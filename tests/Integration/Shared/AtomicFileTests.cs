using Slipway.Shared.Storage;
using Tests.Integration.Agent;

namespace Tests.Integration.Shared;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_a_killed_writer_left_is_swept_and_nothing_else()
    {
        var gone = $"state.json.{int.MaxValue}.tmp";
        string[] kept = ["state.json", "my.tmp", "7.tmp", "state.json.1.tmp"];
        foreach (var name in (string[])[gone, .. kept])
        {
            File.WriteAllText(_folder.In(name), name);
        }

        AtomicFile.Sweep(_folder.Path);

        Assert.Equal(kept.Order(), Directory.EnumerateFiles(_folder.Path).Select(Path.GetFileName).Order());
    }
}
