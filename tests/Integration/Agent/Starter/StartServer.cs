using System.Text.RegularExpressions;
using Slipway.Agent.Native;
using Tests.Integration.Agent.Supervisor;
using Tests.Kit.Programs;
using ProcessTable = Tests.Kit.Programs.ProcessTable;

namespace Tests.Integration.Agent.Starter;

/// <summary>A start_server, the original or ours, in a folder of its own; it is stopped with the test.</summary>
internal sealed partial class StartServer : IAsyncDisposable
{
    public const string Original = "/usr/bin/start_server";

    /// <summary>Notes its environment and its folder, and finishes as it is told.</summary>
    private const string Worker =
        """
        #!/usr/bin/perl
        use Cwd;
        my $file = "$ENV{TEST_FOLDER}/worker.$ENV{SERVER_STARTER_GENERATION}";
        exit 3 if -e "$ENV{TEST_FOLDER}/fail.$ENV{SERVER_STARTER_GENERATION}";
        $SIG{TERM} = sub { exit 0 };
        $SIG{USR1} = sub { exit 5 };
        $SIG{USR2} = sub { exit 6 };
        open my $out, '>', "$file.new";
        print $out map { "$_=$ENV{$_}\n" }
            grep { /^(SERVER_STARTER|ENVDIR|KILL_OLD|AUTO_|ENABLE_|LISTEN_|NOTIFY_|FROM_)/ } sort keys %ENV;
        print $out "FOLDER=", getcwd(), "\nPID=$$\n";
        close $out;
        rename "$file.new", $file;
        sleep 1 while 1;
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly TemporaryFolder _folder = new();
    private readonly string _program;
    private RunningProgram? _running;

    public StartServer(CancellationToken cancellationToken, bool isOriginal = false)
    {
        Cancellation = cancellationToken;
        _program = isOriginal ? Original : _folder.In("start_server");
        if (!isOriginal)
        {
            File.CreateSymbolicLink(_program, SupervisedWorkload.Program);
        }

        Add("worker", Worker);
    }

    public string Folder => _folder.Path;

    public string PidFile => _folder.In("pid");

    public string StatusFile => _folder.In("status");

    public int Pid => _running!.Pid;

    public string Output => _running!.Output;

    public bool HasExited => _running!.HasExited;

    public string[] ControlFiles => [$"--pid-file={PidFile}", $"--status-file={StatusFile}"];

    public string In(string name) => _folder.In(name);

    public string Add(string name, string content)
    {
        var path = _folder.In(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    /// <summary>Starts it with the standard worker.</summary>
    public void Start(params string[] options) => StartProgram([.. options, "--", In("worker")]);

    public void StartProgram(params string[] arguments) =>
        _running = RunningProgram.Start(_program, [.. ControlFiles, .. arguments], Variables);

    /// <summary>Starts any program, such as one that starts start_server.</summary>
    public void StartBy(string program, params string[] arguments) =>
        _running = RunningProgram.Start(program, [.. arguments, _program, .. ControlFiles], Variables);

    /// <summary>Puts another program in its place, as the upgrade of a package does.</summary>
    public void Install(string program)
    {
        File.CreateSymbolicLink(_program + ".new", program);
        File.Move(_program + ".new", _program, overwrite: true);
    }

    /// <summary>Runs it to its end.</summary>
    public Task<ProgramResult> RunAsync(params string[] arguments) =>
        ProgramResult.RunAsync(_program, [.. ControlFiles, .. arguments], Variables, Cancellation);

    /// <summary>Tells it something by its files, whatever stands in its place now.</summary>
    public Task<ProgramResult> ControlAsync(params string[] arguments) => ProgramResult.RunAsync(
        SupervisedWorkload.Program, ["start-server", .. ControlFiles, .. arguments], Variables, Cancellation);

    /// <summary>Into the background. To files: a runtime that is not native keeps its output open.</summary>
    public async Task<ProgramResult> DaemonizeAsync(params string[] options)
    {
        const string Redirected = "exec \"$@\" > \"$TEST_FOLDER/said\" 2>&1";
        string[] command = [_program, "--daemonize", $"--log-file={In("log")}", .. ControlFiles, .. options];
        var result = await ProgramResult.RunAsync(
            "/bin/sh", ["-c", Redirected, "sh", .. command, "--", In("worker")], Variables, Cancellation);
        return result with { Error = await File.ReadAllTextAsync(In("said"), Cancellation) };
    }

    /// <summary>What the pid file holds; the framework would want to lock it, too.</summary>
    public async Task<string> ReadPidAsync()
    {
        var cat = await ProgramResult.RunAsync("cat", [PidFile], new Dictionary<string, string>(), Cancellation);
        return cat.Expect(0).Output;
    }

    public Task<string> LineAsync(string text) =>
        _running!.LineAsync(text, Cancellation).WaitAsync(Limit, Cancellation);

    /// <summary>Waits until it has said so many lines with the text.</summary>
    public Task LinesAsync(string text, int count) => UntilAsync(
        () => Output.Split('\n').Count(line => line.Contains(text, StringComparison.Ordinal)) >= count,
        () => Output);

    /// <summary>What the log file says, once it has the text.</summary>
    public async Task<string> LogAsync(string text)
    {
        var log = "";
        await UntilAsync(
            () => (log = File.Exists(In("log")) ? File.ReadAllText(In("log")) : "").Contains(
                text, StringComparison.Ordinal),
            () => log);
        return log;
    }

    public Task<int> ExitAsync() => _running!.ExitAsync(Cancellation).WaitAsync(Limit, Cancellation);

    public void Signal(int signal, int? pid = null)
    {
        using var process = Libc.OpenProcess(pid ?? Pid)!;
        Libc.SendSignal(process, signal);
    }

    /// <summary>What a worker noted.</summary>
    public async Task<string> NoteAsync(int generation)
    {
        var path = In($"worker.{generation}");
        await UntilAsync(() => File.Exists(path), () => $"no note of generation {generation}: {_running?.Output}");
        return await File.ReadAllTextAsync(path, Cancellation);
    }

    /// <summary>Waits until the status file names these generations and no others.</summary>
    public Task ServingAsync(params int[] generations) => UntilAsync(
        () => Statuses().Select(line => line.Split(':')[0]).SequenceEqual(generations.Select(number => $"{number}")),
        () => $"not {string.Join(',', generations)}: {_running?.Output}");

    public async Task UntilAsync(Func<bool> condition, Func<string> otherwise)
    {
        var begin = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < Limit, otherwise());
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
        }
    }

    /// <summary>Without what differs from run to run.</summary>
    public string Normalize(string text)
    {
        text = text.Replace(Folder, "FOLDER", StringComparison.Ordinal);
        text = Place().Replace(Warning().Replace(text, ""), "");
        text = AutomaticDescriptor().Replace(text, "=FD");
        return ProcessNumber().Replace(text, "N");
    }

    public async ValueTask DisposeAsync()
    {
        _running?.KillTree();
        await ProcessTable.KillAsync(Folder);
        if (_running is not null)
        {
            await _running.DisposeAsync();
        }

        _folder.Dispose();
    }

    private string[] Statuses()
    {
        try
        {
            return File.ReadAllLines(StatusFile);
        }
        catch (FileNotFoundException)
        {
            return [];
        }
    }

    private CancellationToken Cancellation { get; }

    private Dictionary<string, string> Variables => new() { ["TEST_FOLDER"] = Folder, ["FROM_OUTSIDE"] = "1" };

    /// <summary>Perl's, of an option that was not given.</summary>
    [GeneratedRegex(@"Use of uninitialized value .*\n", RegexOptions.None, 1000)]
    private static partial Regex Warning();

    [GeneratedRegex(@" at \S+ line \d+\.", RegexOptions.None, 1000)]
    private static partial Regex Place();

    [GeneratedRegex(@"(?<=:0|=0|sock)=[3-9]\b", RegexOptions.None, 1000)]
    private static partial Regex AutomaticDescriptor();

    [GeneratedRegex(@"\b\d{2,}\b", RegexOptions.None, 1000)]
    private static partial Regex ProcessNumber();
}
