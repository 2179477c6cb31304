using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Slipway.Shared.Modules;

namespace Tests.Unit.Shared.Modules;

public sealed class ConfigEngineTests : IServiceProvider, IAsyncDisposable
{
    private readonly Diary _diary = new();
    private readonly UsagePool<string, Diary> _pool = new();
    private readonly List<string> _reported = [];
    private readonly ConfigEngine _engine;

    public ConfigEngineTests()
    {
        var registry = new ModuleRegistry()
            .Add("shop", SampleJson.Default.Shop)
            .Add("yard", SampleJson.Default.Yard)
            .Add("tool.hammer", SampleJson.Default.Hammer)
            .Add("tool.impostor", SampleJson.Default.Impostor)
            .Add("other.impostor", SampleJson.Default.Impostor);
        _engine = new(
            registry, this, TimeSpan.FromSeconds(1), new FakeTimeProvider(), (path, _) => _reported.Add(path));
    }

    public object? GetService(Type serviceType) =>
        serviceType == typeof(Diary) ? _diary : serviceType == _pool.GetType() ? _pool : null;

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task An_app_that_is_needed_starts_first_and_stops_last()
    {
        await LoadAsync("""{ "shop": { "needs": "yard" }, "yard": {} }""");
        await _engine.StopAsync();

        Assert.Equal(
            ["start yard one", "start shop one", "commit yard one", "commit shop one",
             "stop shop one", "stop yard one", "unload shop one", "unload yard one"],
            _diary.Lines);
    }

    [Fact]
    public async Task The_new_configuration_runs_before_the_old_one_stops()
    {
        await LoadAsync("""{ "shop": { "label": "a" } }""");
        await LoadAsync("""{ "shop": { "label": "b" } }""");

        Assert.Equal(
            ["start shop a", "commit shop a", "start shop b", "commit shop b", "stop shop a", "unload shop a"],
            _diary.Lines);
    }

    [Fact]
    public async Task The_same_configuration_again_touches_nothing()
    {
        await LoadAsync("""{ "shop": { "label": "a", "needs": null } }""");

        var result = await LoadAsync("""{ "shop": { "needs": null, "label": "a" } }""");

        Assert.Equal(LoadResult.Unchanged, result);
        Assert.Equal(["start shop a", "commit shop a"], _diary.Lines);
    }

    [Fact]
    public async Task A_start_that_fails_undoes_everything_also_the_app_that_failed()
    {
        await LoadAsync("""{ "shop": { "label": "old" } }""");

        var exception = await Assert.ThrowsAsync<ConfigException>(() => LoadAsync("""
            {
              "yard": {},
              "shop": { "needs": "yard", "fails_to_start": true, "tools": [{ "module": "hammer", "name": "h" }] }
            }
            """));

        Assert.Equal("apps.shop: could not start: the door is stuck", exception.Message);
        Assert.Equal(
            ["start shop old", "commit shop old", "provision h", "start yard one", "start shop one", "stop shop one",
             "stop yard one", "unload shop one", "dispose h", "unload yard one"],
            _diary.Lines);
    }

    [Fact]
    public async Task A_guest_that_fails_to_provision_is_disposed_once_and_those_before_it_too()
    {
        await Assert.ThrowsAsync<ConfigException>(() => LoadAsync("""
            { "shop": { "tools": [{ "module": "hammer", "name": "a" },
                                  { "module": "hammer", "name": "b", "is_broken": true }] } }
            """));

        Assert.Equal(["provision a", "provision b", "dispose b", "dispose a"], _diary.Lines);
    }

    [Theory]
    [InlineData("""{ "shop": { "colour": 1 } }""", "apps.shop.colour: there is no such member; there are: label, ")]
    [InlineData("""{ "shop": { "label": 1 } }""", "apps.shop.label: The JSON value could not be converted")]
    [InlineData("""{ "shop": { "label": null } }""", "apps.shop.label: ")]
    [InlineData("""{ "shop": { "label": "" } }""", "apps.shop.label: must not be empty; apps.shop.tools: must not be")]
    [InlineData("""{ "shop": [] }""", "apps.shop: must be a JSON object")]
    [InlineData("""{ "bank": {} }""", "apps.bank: there is no app 'bank'; there are: shop, yard")]
    [InlineData("""{ "tool.hammer": { "name": "h" } }""", "apps.tool.hammer: there is no app 'tool.hammer'")]
    [InlineData("""{ "shop": { "needs": "yard" } }""", "apps.yard: is missing, and 'apps.shop' needs it")]
    [InlineData(
        """{ "shop": { "needs": "yard" }, "yard": { "needs": "shop" } }""",
        "apps.yard: the apps 'shop' and 'apps.yard' need each other")]
    [InlineData(
        """{ "shop": { "tools": [{}] } }""", "apps.shop.tools[0].module: must name a module of the namespace 'tool'")]
    [InlineData(
        """{ "shop": { "tools": [{ "module": "saw" }] } }""",
        "apps.shop.tools[0].module: there is no module of the namespace 'tool' 'saw'; there are: hammer, impostor")]
    [InlineData(
        """{ "shop": { "tools": [{ "module": "impostor" }] } }""", "apps.shop.tools[0]: 'tool.impostor' is no ITool")]
    [InlineData("""{ "shop": { "tools": [{ "module": "hammer" }] } }""", "apps.shop.tools[0].name: is missing")]
    [InlineData(
        """{ "shop": { "tools": [{ "module": "hammer", "name": "h", "size": 1 }] } }""",
        "apps.shop.tools[0].size: there is no such member; there are: name, is_broken")]
    public async Task A_refusal_names_the_path_and_the_one_in_force_stays(string apps, string message)
    {
        await LoadAsync("""{ "shop": { "label": "old" } }""");

        var exception = await Assert.ThrowsAsync<ConfigException>(() => LoadAsync(apps));

        Assert.StartsWith(message, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("stop shop old", _diary.Lines);
    }

    [Theory]
    [InlineData("""{ "a": 1, "a": 2 }""")]
    [InlineData("""{ "a": { "b": 1, "b": 2 } }""")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("")]
    public void A_document_that_repeats_a_member_or_is_no_object_is_refused(string json) =>
        Assert.Throws<ConfigException>(() => ModuleJson.Parse(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public async Task A_check_starts_nothing_and_gives_everything_back()
    {
        await _engine.ValidateAsync(
            Apps("""{ "shop": { "pooled": "x", "tools": [{ "module": "hammer", "name": "h" }] } }"""),
            TestContext.Current.CancellationToken);

        Assert.Equal(["provision h", "unload shop one", "dispose h"], _diary.Lines);
        Assert.Equal(0, _pool.References("x"));
    }

    [Fact]
    public async Task What_is_pooled_survives_a_change_and_a_refused_one()
    {
        await LoadAsync("""{ "shop": { "pooled": "x" } }""");
        await LoadAsync("""{ "shop": { "pooled": "x", "label": "b" } }""");
        await Assert.ThrowsAsync<ConfigException>(
            () => LoadAsync("""{ "shop": { "pooled": "x", "fails_to_start": true } }"""));
        var references = _pool.References("x");

        await _engine.StopAsync();

        Assert.Equal(1, references);
        Assert.Equal(0, _pool.References("x"));
    }

    [Fact]
    public async Task Loads_at_the_same_time_take_their_turns()
    {
        await Task.WhenAll(Enumerable.Range(0, 50).Select(
            i => Task.Run(() => LoadAsync($$"""{ "shop": { "label": "{{i}}" } }"""))));

        var running = 0;
        foreach (var line in _diary.Lines)
        {
            running += line.StartsWith("start", StringComparison.Ordinal) ? 1
                : line.StartsWith("stop", StringComparison.Ordinal) ? -1 : 0;
            Assert.InRange(running, 0, 2);
        }

        Assert.Equal(1, running);
    }

    [Fact]
    public async Task An_app_that_fails_to_stop_is_reported_and_does_not_keep_the_others()
    {
        await LoadAsync("""{ "shop": { "needs": "yard", "fails_to_stop": true }, "yard": {} }""");

        await _engine.StopAsync();

        Assert.Equal(["apps.shop"], _reported);
        Assert.Contains("stop yard one", _diary.Lines);
    }

    private static Dictionary<string, JsonElement> Apps(string json) =>
        ModuleJson.Parse(Encoding.UTF8.GetBytes(json)).EnumerateObject()
            .ToDictionary(app => app.Name, app => app.Value);

    private Task<LoadResult> LoadAsync(string apps) =>
        _engine.LoadAsync(Apps(apps), TestContext.Current.CancellationToken);
}
