using Slipway.Shared.Modules;

namespace Tests.Unit.Shared.Modules;

public class ModuleIdTests
{
    [Theory]
    [InlineData("link", "", "link")]
    [InlineData("artifact.control_plane", "artifact", "control_plane")]
    [InlineData("a.b.c", "a.b", "c")]
    public void The_last_label_is_the_name_and_the_rest_the_namespace(string id, string moduleNamespace, string name)
    {
        var parsed = new ModuleId(id);

        Assert.Equal((moduleNamespace, name), (parsed.Namespace, parsed.Name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("A")]
    [InlineData("a-b")]
    public void An_empty_label_or_another_character_is_refused(string id) =>
        Assert.Throws<ArgumentException>(() => new ModuleId(id));

    [Fact]
    public void An_id_is_registered_once()
    {
        var registry = new ModuleRegistry().Add("shop", SampleJson.Default.Shop);

        Assert.Throws<InvalidOperationException>(() => registry.Add("shop", SampleJson.Default.Shop));
    }
}
