using Slipway.Deployctl;
using Slipway.Deployctl.Output;
using Tests.Integration.ControlPlane;

namespace Tests.Integration.Deployctl;

/// <summary>Somebody with deployctl, a home of his own and a control plane to talk to.</summary>
internal sealed class Operator : IDisposable
{
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("slipway-operator-");
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);

    public Operator()
    {
        _variables["SLIPWAY_CONFIG"] = ContextsFile;
    }

    public string Home => _home.FullName;

    public string ContextsFile => Path.Combine(Home, "slipway", "contexts.json");

    /// <summary>An operator who gave the administrator's token by variables, without a login.</summary>
    public static Operator Of(ControlPlaneHost host) => new()
    {
        ["SLIPWAY_SERVER"] = host.Address.AbsoluteUri,
        ["SLIPWAY_TOKEN"] = host.AdminToken,
    };

    public string this[string variable]
    {
        set => _variables[variable] = value;
    }

    /// <summary>Runs a command line that succeeds, and gives its standard output.</summary>
    public async Task<string> DoAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await RunAsync(arguments);
        Assert.True(exitCode == 0, $"deployctl {string.Join(' ', arguments)} ended with {exitCode}: {error}");
        return output;
    }

    public Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) =>
        RunAsync(arguments, TestContext.Current.CancellationToken);

    public async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string[] arguments,
        CancellationToken cancellationToken,
        string input = "",
        StringWriter? output = null)
    {
        var error = new StringWriter();
        output ??= new StringWriter();
        var terminal = new Terminal(new StringReader(input), output, error)
        {
            Variable = name => _variables.GetValueOrDefault(name),
        };
        var exitCode = await DeployctlApp.RunAsync(arguments, terminal, cancellationToken);
        return (exitCode, output.ToString(), error.ToString());
    }

    public string Write(string name, string content) => Write(name, System.Text.Encoding.UTF8.GetBytes(content));

    public string Write(string name, byte[] content)
    {
        var path = Path.Combine(Home, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public void Dispose() => _home.Delete(recursive: true);
}
