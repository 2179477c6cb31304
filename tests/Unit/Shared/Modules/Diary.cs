using System.Text.Json;
using System.Text.Json.Serialization;
using Slipway.Shared.Modules;

namespace Tests.Unit.Shared.Modules;

/// <summary>What the sample modules below did, in order.</summary>
internal sealed class Diary
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => [.. _lines];

    public void Add(string line)
    {
        lock (_lines)
        {
            _lines.Add(line);
        }
    }
}

internal interface ITool : IGuest
{
    static string IGuest.Namespace => "tool";

    string Name { get; }
}

internal interface IOther : IGuest
{
    static string IGuest.Namespace => "other";
}

/// <summary>A guest that notes when it is thrown away.</summary>
internal sealed class Hammer : ITool, IProvision, IAsyncDisposable
{
    private Diary? _diary;

    public required string Name { get; set; }

    public bool IsBroken { get; set; }

    public Task ProvisionAsync(ModuleContext context, CancellationToken cancellationToken)
    {
        _diary = context.Service<Diary>();
        _diary.Add($"provision {Name}");
        return IsBroken ? throw new ConfigException(context.Path, "is broken") : Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _diary?.Add($"dispose {Name}");
        return ValueTask.CompletedTask;
    }
}

/// <summary>A module in the right namespace, of the wrong kind.</summary>
internal sealed class Impostor : IOther;

/// <summary>An app with guests, which fails where it is told to.</summary>
internal class Shop : IApp, IProvision, IValidate, ICommit
{
    private Diary? _diary;

    public string Label { get; set; } = "one";

    public string? Needs { get; set; }

    public bool FailsToStart { get; set; }

    public bool FailsToStop { get; set; }

    public string? Pooled { get; set; }

    public JsonElement[] Tools { get; set; } = [];

    public IReadOnlyList<ITool> Loaded { get; private set; } = [];

    protected virtual string Id => "shop";

    public async Task ProvisionAsync(ModuleContext context, CancellationToken cancellationToken)
    {
        _diary = context.Service<Diary>();
        Loaded = await context.LoadAllAsync<ITool>(Tools, "tools", cancellationToken);
        if (Needs is not null)
        {
            await context.AppAsync<IApp>(Needs, cancellationToken);
        }

        if (Pooled is not null)
        {
            var pool = context.Service<UsagePool<string, Diary>>();
            await pool.AcquireAsync(context, Pooled, () => Task.FromResult(new Diary()));
        }

        context.OnUnload(() =>
        {
            _diary.Add($"unload {Id} {Label}");
            return ValueTask.CompletedTask;
        });
    }

    public IEnumerable<string> Validate()
    {
        if (Label.Length == 0)
        {
            yield return "label: must not be empty";
        }

        if (Label.Length == 0 && Tools.Length == 0)
        {
            yield return "tools: must not be empty";
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _diary?.Add($"start {Id} {Label}");
        return FailsToStart ? throw new InvalidOperationException("the door is stuck") : Task.CompletedTask;
    }

    public void Commit() => _diary?.Add($"commit {Id} {Label}");

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _diary?.Add($"stop {Id} {Label}");
        return FailsToStop ? throw new InvalidOperationException("the door is open") : Task.CompletedTask;
    }
}

internal sealed class Yard : Shop
{
    protected override string Id => "yard";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(Hammer))]
[JsonSerializable(typeof(Impostor))]
[JsonSerializable(typeof(Shop))]
[JsonSerializable(typeof(Yard))]
internal sealed partial class SampleJson : JsonSerializerContext;
