using System.ComponentModel;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor.Upgrades;

/// <summary>
/// The descriptors of a handover. The handover says their places here, since their numbers may change.
/// </summary>
internal sealed class HandoverDescriptors
{
    private readonly List<SafeFileHandle> _files = [];

    public HandoverDescriptors()
    {
    }

    /// <summary>Those that the program before has left open.</summary>
    /// <exception cref="Win32Exception">One of them is not open.</exception>
    public HandoverDescriptors(IEnumerable<int> numbers)
    {
        _files.AddRange(numbers.Select(Libc.Inherit));
    }

    public IReadOnlyList<SafeFileHandle> Files => _files;

    public IReadOnlyList<int> Numbers => [.. _files.Select(file => (int)file.DangerousGetHandle())];

    public SafeFileHandle this[int place] => _files[place];

    /// <returns>Its place.</returns>
    public int Add(SafeFileHandle file)
    {
        _files.Add(file);
        return _files.Count - 1;
    }

    public void SetInherited(bool inherited) => _files.ForEach(file => Libc.SetInherited(file, inherited));
}
