using System.ComponentModel;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor;

/// <summary>Finds the program of a command as execvp would, in the program's own folder and environment.</summary>
internal static class ProgramPath
{
    private const string DefaultPath = "/usr/local/bin:/usr/bin:/bin";

    /// <exception cref="Win32Exception">There is none, or it may not be executed.</exception>
    public static string Find(GenerationSpec spec, string program)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            var path = Path.Combine(spec.WorkingDirectory, program);
            return File.Exists(path)
                ? Libc.MayExecute(path) ? path : throw Failure(Errno.NoAccess, program)
                : throw Failure(Errno.NoEntry, program);
        }

        var folders = spec.Environment.GetValueOrDefault("PATH") ?? DefaultPath;
        return folders.Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(spec.WorkingDirectory, folder, program))
            .FirstOrDefault(path => File.Exists(path) && Libc.MayExecute(path))
            ?? throw Failure(Errno.NoEntry, $"{program} in PATH={folders}");
    }

    /// <summary>The same for a worker, as a path that counts from where it runs.</summary>
    /// <exception cref="Win32Exception">PATH leads to no such program.</exception>
    public static string FindForWorker(GenerationSpec spec, WorkerSpec worker)
    {
        var program = spec.Server.Command[0];
        if (program.Contains('/', StringComparison.Ordinal))
        {
            return program;
        }

        var folders = spec.Environment.GetValueOrDefault("PATH") ?? DefaultPath;
        return folders.Split(':')
            .Select(folder => Path.Combine(folder.Length == 0 ? "." : folder, program))
            .FirstOrDefault(path => IsProgram(Path.Combine(worker.Folder ?? "", path)))
            ?? throw Failure(Errno.NoEntry, program);

        static bool IsProgram(string path) => File.Exists(path) && Libc.MayExecute(path);
    }

    private static Win32Exception Failure(int error, string what) =>
        new(error, $"Cannot execute {what}: {new Win32Exception(error).Message}.");
}
