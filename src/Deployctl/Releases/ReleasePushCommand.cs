using System.CommandLine;
using Slipway.Deployctl.Connections;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;
using Spectre.Console;

namespace Slipway.Deployctl.Releases;

internal sealed class ReleasePushCommand : LeafCommand
{
    private readonly Argument<string> _application = new("APPLICATION") { Description = "The application's name." };

    private readonly Argument<string> _version = new("VERSION")
    {
        Description = "The release's version: SemVer 2.0 without a leading v, such as 1.5.0 or 2.0.0-rc.1.",
    };

    private readonly Option<string[]> _artifacts = new("--artifact")
    {
        Description = "The archive for a platform (linux/amd64, linux/arm64, any, …); once for each platform. "
            + "Archives are .tar.gz, .tgz, .tar or .zip.",
        HelpName = "PLATFORM=FILE",
        Required = true,
    };

    private readonly Option<string> _notes = CommonOptions.Text("--notes", "What is new, for people.", "TEXT");

    public ReleasePushCommand(Shell shell)
        : base(
            shell,
            "push",
            "Uploads artifacts and records them as a release. What the store has already is not sent again, a broken "
            + "upload goes on where it stopped, and the same push twice is one release.",
            "deployctl release push shop 1.5.0 --artifact linux/amd64=shop.tar.gz",
            "deployctl release push shop 1.5.0 --artifact linux/amd64=amd64.tgz --artifact linux/arm64=arm64.tgz")
    {
        _application.CompletionSources.Add(NamesClient.Applications(shell));
        Add(_application);
        Add(_version);
        Add(_artifacts);
        Add(_notes);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var artifacts = LocalArtifact.ParseAll(invocation.Arguments.GetRequiredValue(_artifacts));
        var client = await invocation.ConnectAsync(cancellationToken);
        using var limit = new TimeLimit(invocation, cancellationToken);
        var pushed = await limit.RunAsync(
            token => WithProgressAsync(
                invocation, progress => PushAsync(invocation, client, artifacts, progress, token)),
            "nothing is released; the same command goes on where this one stopped");

        var row = MessageRow.Of(pushed);
        var what = $"{pushed.Release.Application} {pushed.Release.Version}";
        var opened = pushed.RolloutIds.Count == 0 ? "" : $" Rollouts opened: {string.Join(", ", pushed.RolloutIds)}.";
        row["version"] = pushed.Release.Version;
        invocation.Printer.Done(
            row, "version", (pushed.Created ? $"Released {what}." : $"{what} was released already.") + opened);
        return ExitCode.Done;
    }

    private async Task<V1.PushResponse> PushAsync(
        Invocation invocation,
        ControlPlaneClient client,
        IReadOnlyList<LocalArtifact> artifacts,
        ITransferProgress progress,
        CancellationToken cancellationToken)
    {
        var header = new V1.PushHeader
        {
            Application = invocation.Arguments.GetRequiredValue(_application),
            Version = invocation.Arguments.GetRequiredValue(_version),
            Notes = invocation.Arguments.GetValue(_notes) ?? "",
        };
        foreach (var artifact in artifacts)
        {
            var advance = progress.Begin($"hashing {artifact.FileName}", artifact.Size, 0);
            var digest = await artifact.HashAsync(advance, cancellationToken);
            header.Artifacts.Add(new V1.Artifact
            {
                Platform = artifact.Platform.Value,
                Digest = digest.ToString(),
                SizeBytes = artifact.Size,
                FileName = artifact.FileName,
            });
        }

        var push = new PushClient(client, progress, invocation.Terminal.Time);
        return await push.PushAsync(header, artifacts, cancellationToken);
    }

    private static Task<V1.PushResponse> WithProgressAsync(
        Invocation invocation,
        Func<ITransferProgress, Task<V1.PushResponse>> work)
    {
        var isBarWanted = invocation.Terminal.IsErrorInteractive && !invocation.Printer.IsQuiet;
        return isBarWanted
            ? invocation.Live(invocation.Terminal.Error).Progress()
                .Columns(
                    new TaskDescriptionColumn(),
                    new ProgressBarColumn(),
                    new PercentageColumn(),
                    new DownloadedColumn(),
                    new TransferSpeedColumn())
                .StartAsync(context => work(new BarProgress(context)))
            : work(new LineProgress(invocation.Printer, invocation.Terminal.Time));
    }
}
