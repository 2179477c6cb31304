using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor;

/// <summary>How a supervisor gets hold of what an earlier one of the same folder has left running.</summary>
internal static class SupervisorTakeover
{
    /// <summary>Fills both sets with what still lives; the numbers of the generations that do.</summary>
    public static HashSet<int> Begin(
        SupervisorJournal journal, ChildSet children, ListenerSet listeners, ProcessTable processes)
    {
        var living = new HashSet<int>();
        if (journal.BootId != ProcessTable.BootId)
        {
            return living;
        }

        foreach (var process in journal.Processes)
        {
            if (journal.Plan.Find(process.Number) is { } generation
                && ChildLauncher.Find(generation, process, processes) is { } parts)
            {
                children.Own(generation, parts);
                living.Add(process.Number);
            }
        }

        if (!TakeSockets(journal.Listeners, children, listeners, processes))
        {
            // Not allowed by the host: what lives must go before its addresses can be bound anew.
            living.Clear();
            children.Abandon();
        }

        return living;
    }

    /// <summary>Finds the sockets among the descriptors of those who still live; false: not all.</summary>
    private static bool TakeSockets(
        IReadOnlyList<JournaledListener> journaled, ChildSet children, ListenerSet listeners, ProcessTable processes)
    {
        var wanted = journaled.ToDictionary(listener => listener.Inode);
        foreach (var pid in children.Running.SelectMany(child => child.Family.ToList()))
        {
            foreach (var (descriptor, inode) in processes.SocketsOf(pid))
            {
                if (wanted.Remove(inode, out var listener))
                {
                    using var process = Libc.OpenProcess(pid);
                    if (process is not null && Libc.TakeDescriptor(process, descriptor) is { } socket)
                    {
                        listeners.Add(listener, socket);
                    }
                }
            }
        }

        return wanted.Count == 0 || children.Running.Count == 0;
    }
}
