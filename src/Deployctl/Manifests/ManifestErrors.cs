using System.Globalization;
using Grpc.Core;
using Slipway.Shared.Rpc;
using YamlDotNet.RepresentationModel;

namespace Slipway.Deployctl.Manifests;

/// <summary>Collects what is wrong with a manifest file, so that one run shows everything.</summary>
internal sealed class ManifestErrors(string file)
{
    private readonly List<(long Line, string Field, string Message)> _errors = [];

    public string File => file;

    public void Add(YamlNode node, string field, string message) => Add(node.Start.Line, field, message);

    public void Add(long line, string field, string message) => _errors.Add((line, field, message));

    /// <exception cref="ProblemException">Something was added.</exception>
    public void ThrowIfAny()
    {
        if (_errors.Count == 0)
        {
            return;
        }

        var lines = _errors.Select(e => $"{file}:{e.Line}: {(e.Field.Length == 0 ? "" : $"{e.Field}: ")}{e.Message}");
        throw new ProblemException(new Problem(
            StatusCode.InvalidArgument, "INVALID_MANIFEST", string.Join('\n', lines))
        {
            Metadata = new Dictionary<string, string>
            {
                [Problem.FieldKey] = _errors[0].Field,
                ["file"] = file,
                ["line"] = _errors[0].Line.ToString(CultureInfo.InvariantCulture),
            },
        });
    }
}
