using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tests.Kit.Programs;

/// <summary>
/// A control plane and its agents, as published, on temporary folders and free ports of the loopback. Disposing it
/// kills them and everything that they started.
/// </summary>
public sealed class Fleet : IAsyncDisposable
{
    private readonly List<RunningProgram> _programs = [];
    private readonly Dictionary<string, string> _environment;
    private int _port;

    public Fleet()
    {
        Root = Directory.CreateTempSubdirectory("slipway-").FullName;
        _environment = new Dictionary<string, string>
        {
            ["SLIPWAY_CONFIG"] = Path.Join(Root, "contexts.json"),
            ["SLIPWAY_TOKEN_FILE"] = Path.Join(Root, "admin.token"),
        };
    }

    public string Root { get; }

    /// <summary>What the next agent is started from.</summary>
    public string AgentProgram { get; set; } = Published.Agent;

    public string Server => $"https://127.0.0.1:{_port}";

    /// <summary>A port that nobody listens on now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Starts it, or starts it again on the same data and port.</summary>
    public async Task<RunningProgram> StartControlPlaneAsync(CancellationToken cancellationToken)
    {
        var program = RunningProgram.Start(
            Published.ControlPlane,
            [
                "run",
                "--data-dir", Path.Join(Root, "control-plane"),
                "--listen", $"127.0.0.1:{_port}",
                "--bootstrap-token-file", Path.Join(Root, "admin.token"),
            ]);
        _programs.Add(program);
        const string Ready = "Listening on https://";
        var line = await program.LineAsync(Ready, cancellationToken);
        _port = new Uri(line[(line.IndexOf(Ready, StringComparison.Ordinal) + "Listening on ".Length)..].Trim()).Port;
        _environment["SLIPWAY_SERVER"] = Server;
        return program;
    }

    /// <summary>Starts it, or starts it again on its state; a tracer's command line may come first.</summary>
    public async Task<RunningProgram> StartAgentAsync(
        string name,
        CancellationToken cancellationToken,
        params string[] tracer)
    {
        var config = Path.Join(Root, $"{name}.json");
        if (!File.Exists(config))
        {
            await EnrolAsync(name, config, cancellationToken);
        }

        string[] command = [.. tracer, AgentProgram, "run", "--config", config];
        var program = RunningProgram.Start(command[0], command[1..]);
        _programs.Add(program);
        return program;
    }

    /// <summary>Runs deployctl to its end, with JSON for its output.</summary>
    public Task<ProgramResult> DeployctlAsync(CancellationToken cancellationToken, params string[] arguments) =>
        ProgramResult.RunAsync(
            Published.Deployctl, [.. arguments, "-o", "json"], _environment, cancellationToken);

    /// <summary>Applies a manifest in which the words of <paramref name="replace"/> are exchanged.</summary>
    public async Task ApplyAsync(
        string manifest,
        CancellationToken cancellationToken,
        params (string, string)[] replace)
    {
        foreach (var (before, after) in replace)
        {
            manifest = manifest.Replace(before, after, StringComparison.Ordinal);
        }

        var file = Path.Join(Root, "manifest.yaml");
        await File.WriteAllTextAsync(file, manifest, cancellationToken);
        (await DeployctlAsync(cancellationToken, "apply", "-f", file)).Expect(0);
    }

    /// <summary>Pushes a release and gives the id of the rollout that it opened.</summary>
    public async Task<string> PushAsync(
        string application,
        string version,
        string artifact,
        CancellationToken cancellationToken)
    {
        var pushed = (await DeployctlAsync(
            cancellationToken, "release", "push", application, version, "--artifact", artifact)).Expect(0);
        return pushed.Json["rollout_ids"]!.AsArray().Select(id => (string)id!).Single();
    }

    /// <summary>Follows a rollout to its end; deployctl's exit code is the outcome.</summary>
    public async Task<ProgramResult> WatchAsync(string rollout, CancellationToken cancellationToken) =>
        await DeployctlAsync(cancellationToken, "rollout", "status", rollout, "--watch", "--timeout", "120s");

    /// <summary>What the agent runs for the application, as the control plane knows it.</summary>
    public async Task<JsonNode?> WorkloadAsync(string agent, string application, CancellationToken cancellationToken)
    {
        var found = (await DeployctlAsync(cancellationToken, "agent", "get", agent)).Expect(0);
        return found.Json["workloads"]!.AsArray()
            .FirstOrDefault(workload => (string?)workload!["application"] == application);
    }

    public async ValueTask DisposeAsync()
    {
        // First of all: what a killed tracer leaves behind keeps its output open, and that is waited for.
        var groups = CgroupTable.Of(ProcessTable.Under(Root));
        await ProcessTable.KillAsync(Root);
        CgroupTable.Remove(groups);
        foreach (var program in _programs)
        {
            await program.DisposeAsync();
        }

        Directory.Delete(Root, recursive: true);
    }

    private async Task EnrolAsync(string name, string config, CancellationToken cancellationToken)
    {
        var created = (await DeployctlAsync(
            cancellationToken, "agent", "token", "create", "--label", "env=production")).Expect(0);
        var tokenFile = Path.Join(Root, $"{name}.token");
        await File.WriteAllTextAsync(tokenFile, (string)created.Json["token"]!, cancellationToken);
        File.SetUnixFileMode(tokenFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var json = new JsonObject
        {
            ["state_dir"] = Path.Join(Root, name),
            ["apps"] = new JsonObject
            {
                ["link"] = new JsonObject
                {
                    ["control_plane"] = Server,
                    ["name"] = name,
                    ["token_file"] = tokenFile,
                },
                ["deployments"] = new JsonObject
                {
                    ["artifacts"] = new JsonArray(new JsonObject { ["module"] = "control_plane" }),
                    ["runtimes"] = new JsonArray(
                        new JsonObject { ["module"] = "server" },
                        new JsonObject { ["module"] = "assets" },
                        new JsonObject { ["module"] = "agent" }),
                },
            },
        };
        await File.WriteAllTextAsync(config, json.ToJsonString(JsonSerializerOptions.Default), cancellationToken);
    }
}
