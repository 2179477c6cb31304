using System.ComponentModel;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Cgroups;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor;

/// <summary>Makes the processes, and finds those that an earlier supervisor made.</summary>
internal static class ChildLauncher
{
    /// <summary>Not the program's path: after an upgrade another program would stand there.</summary>
    public const string Self = "/proc/self/exe";

    /// <summary>The process that is to become the program; only its descriptors are missing.</summary>
    public static SpawnOrder Launcher => new(Self, ["slipway-agent", "supervisor", "launch"], OwnEnvironment())
    {
        Descriptors = SpawnOrder.InOrder(),
    };

    /// <summary>Makes a process that waits to become the generation's program.</summary>
    /// <exception cref="Win32Exception">The program cannot be executed.</exception>
    public static ChildParts Launch(Generation generation, ListenerSet listeners, CgroupName? groups)
    {
        var spec = generation.Spec;
        var notifyName = "slipway-" + RandomNumberGenerator.GetHexString(24, lowercase: true);
        var order = OrderOf(generation, listeners, notifyName);
        var group = CreateGroup(generation, groups);
        var notices = Libc.BindNotify(notifyName);
        var (output, programOutput) = CreateOutput();
        var (errors, programErrors) = CreateOutput();
        var (gate, launcherGate) = Libc.CreateSocketPair();
        try
        {
            using var orderFile = WriteOrder(order);
            var pid = Libc.Spawn(Launcher with
            {
                Descriptors = SpawnOrder.InOrder(
                [
                    orderFile, programOutput, programErrors,
                    .. spec.Server.Listen.Select(listeners.SocketOf),
                    launcherGate,
                ]),
            });
            return Take(pid, process =>
            {
                Libc.SetBlocking(gate, blocking: false);
                group?.Add(pid); // Before it is let go: all that it will make is in.
                return new ChildParts(generation.Number, pid, process)
                {
                    StartTicks = ProcessTable.Read(pid)?.StartTicks ?? 0,
                    NotifyName = notifyName,
                    Notices = notices,
                    Output = output,
                    Errors = errors,
                    Gate = gate,
                    Command = spec.Server.Command[0],
                    StopGrace = spec.Server.StopGrace,
                    User = order.Confinement.Identity?.User ?? Libc.CurrentUser,
                    Cgroup = group,
                };
            });
        }
        catch
        {
            group?.Remove();
            notices.Dispose();
            output.Dispose();
            errors.Dispose();
            gate.Dispose();
            throw;
        }
        finally
        {
            programOutput.Dispose();
            programErrors.Dispose();
            launcherGate.Dispose();
        }
    }

    /// <summary>Makes a process that waits to become a command beside the generation's program.</summary>
    /// <param name="spec">Whose user, folder and environment it gets.</param>
    /// <param name="command">The command.</param>
    /// <param name="join">Takes the process into cgroups; the one that it returns ends with the command.</param>
    /// <param name="launcher">The agent's program.</param>
    /// <exception cref="Win32Exception">The command cannot be executed.</exception>
    public static CommandParts LaunchCommand(
        GenerationSpec spec, IReadOnlyList<string> command, Func<int, Cgroup?> join, string launcher = Self)
    {
        var order = new LaunchOrder(
            ConfinementCheck.FolderOf(spec),
            ProgramPath.Find(spec, command[0]),
            command,
            [.. spec.Environment.Select(variable => $"{variable.Key}={variable.Value}")],
            ListenCount: 0)
        {
            Confinement = ConfinementCheck.Resolve(spec.Server.Confinement),
        };
        var (output, writer) = Libc.CreatePipe();
        var (gate, launcherGate) = Libc.CreateSocketPair();
        try
        {
            using var orderFile = WriteOrder(order);
            var pid = Libc.Spawn(Launcher with
            {
                Path = launcher,
                Descriptors = SpawnOrder.InOrder(orderFile, writer, writer, launcherGate),
            });
            return Take(pid, process =>
            {
                Libc.SetBlocking(gate, blocking: false);
                return new CommandParts(command[0], pid, process, output, gate) { Cgroup = join(pid) };
            });
        }
        catch
        {
            output.Dispose();
            gate.Dispose();
            throw;
        }
        finally
        {
            writer.Dispose();
            launcherGate.Dispose();
        }
    }

    /// <summary>Takes hold of a process that was just made; if that fails, it does not stay behind.</summary>
    public static T Take<T>(int pid, Func<SafeFileHandle, T> take)
    {
        SafeFileHandle? process = null;
        try
        {
            process = Libc.OpenProcess(pid)!;
            return take(process);
        }
        catch
        {
            process?.Dispose();
            Libc.EndChild(pid);
            throw;
        }
    }

    /// <summary>The process of an earlier supervisor; null: it has ended.</summary>
    public static ChildParts? Find(Generation generation, JournaledProcess journaled, ProcessTable processes)
    {
        var process = Libc.OpenProcess(journaled.Pid);
        if (process is null || ProcessTable.Read(journaled.Pid) is not { IsZombie: false } stat
            || stat.StartTicks != journaled.StartTicks || !IsIn(journaled.Pid, journaled.Cgroup))
        {
            // What it left behind in its group belongs to nobody any more.
            var left = journaled.Cgroup is { } folder ? new Cgroup(folder) : null;
            left?.Kill();
            left?.Remove();
            process?.Dispose();
            return null;
        }

        return new ChildParts(generation.Number, journaled.Pid, process)
        {
            StartTicks = journaled.StartTicks,
            NotifyName = journaled.NotifyName,
            Notices = TryBindNotify(journaled.NotifyName),
            Output = ReopenPipe(journaled.Pid, journaled.OutputPipe, processes),
            Errors = ReopenPipe(journaled.Pid, journaled.ErrorPipe, processes),
            Command = generation.Spec.Server.Command[0],
            StopGrace = generation.Spec.Server.StopGrace,
            User = ConfinementCheck.Resolve(generation.Spec.Server.Confinement).Identity?.User ?? Libc.CurrentUser,
            Cgroup = journaled.Cgroup is { } own ? new Cgroup(own) : null,
        };
    }

    /// <summary>Null: somebody has taken the name meanwhile, which anybody can see and take.</summary>
    private static SafeFileHandle? TryBindNotify(string name)
    {
        try
        {
            return Libc.BindNotify(name);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    /// <summary>A launcher's, or another role's of this program; not a child's, which is in the order.</summary>
    public static List<string> OwnEnvironment()
    {
        var variables = new List<string>();
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            variables.Add($"{entry.Key}={entry.Value}");
        }

        return variables;
    }

    /// <summary>
    /// The program gets a descriptor that could also read: so the pipe keeps a reader when the supervisor dies, the
    /// program is not ended by SIGPIPE, and the next supervisor can open the pipe again.
    /// </summary>
    private static (SafeFileHandle Reader, SafeFileHandle Program) CreateOutput()
    {
        var (reader, writer) = Libc.CreatePipe();
        using (writer)
        {
            return (reader, Libc.Open($"/proc/self/fd/{writer.DangerousGetHandle()}", Libc.ReadWrite));
        }
    }

    private static LaunchOrder OrderOf(Generation generation, ListenerSet listeners, string notifyName)
    {
        var spec = generation.Spec;
        var bound = spec.Server.Listen.Select(listeners.AddressOf).ToList();
        return new LaunchOrder(
            ConfinementCheck.FolderOf(spec),
            ProgramPath.Find(spec, spec.Server.Command[0]),
            spec.Server.Command,
            ChildEnvironment.Build(generation, bound, notifyName),
            bound.Count)
        {
            Confinement = ConfinementCheck.Resolve(spec.Server.Confinement),
        };
    }

    /// <summary>The program may have made groups of its own inside.</summary>
    private static bool IsIn(int pid, string? group) => group is null
        || $"{CgroupTree.FolderOf($"{pid}")}/".StartsWith(group + "/", StringComparison.Ordinal);

    private static Cgroup? CreateGroup(Generation generation, CgroupName? name)
    {
        var limits = ConfinementCheck.LimitsOf(generation.Spec);
        var group = name is null ? null : CgroupTree.Find()?.Create(name, generation.Number);
        if (limits.Needs.Any())
        {
            if (group is null)
            {
                throw new Win32Exception(Errno.NoAccess, "Cannot make a cgroup for server.limits.");
            }

            group.Limit(limits);
        }

        return group;
    }

    /// <summary>By its inode: the program may have given its descriptors other numbers, or to a child.</summary>
    private static SafeFileHandle ReopenPipe(int session, long inode, ProcessTable processes)
    {
        try
        {
            var path = inode == 0 ? null : processes.FamilyOf(session).ToList()
                .Select(pid => PipeTable.Find(pid, inode))
                .FirstOrDefault(found => found is not null);
            if (path is not null)
            {
                return Libc.Open(path, Libc.ReadOnly | Libc.NonBlocking);
            }
        }
        catch (Win32Exception)
        {
            // Who had it has ended in the meantime.
        }

        // It is closed: as one that nobody writes to.
        var (reader, writer) = Libc.CreatePipe();
        writer.Dispose();
        return reader;
    }

    public static SafeFileHandle WriteOrder(LaunchOrder order)
    {
        var file = Libc.CreateMemoryFile("launch");
        RandomAccess.Write(file, order.Write(), 0);
        return file;
    }
}
