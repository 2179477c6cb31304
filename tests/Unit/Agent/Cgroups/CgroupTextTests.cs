using Slipway.Agent.Cgroups;

namespace Tests.Unit.Agent.Cgroups;

public class CgroupTextTests
{
    private const string Unified =
        "22 1 0:21 / /proc rw - proc proc rw\n"
        + "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

    private const string Hybrid =
        "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
        + "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
        + "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";

    [Theory]
    [InlineData(Unified, "0::/system.slice/a.service\n", "/sys/fs/cgroup/system.slice/a.service")]
    [InlineData(Unified, "0::/\n", "/sys/fs/cgroup")]
    [InlineData(Hybrid, "4:memory:/x\n0::/agent\n", "/sys/fs/cgroup/unified/agent")]
    [InlineData("30 23 0:26 /pod /mnt rw - cgroup2 none rw\n", "0::/pod/one\n", "/mnt/one")]
    [InlineData("30 23 0:26 /pod /mnt rw - cgroup2 none rw\n", "0::/other\n", null)]
    [InlineData(Unified, "0::/../elsewhere\n", null)]
    [InlineData(Unified, "4:memory:/x\n", null)]
    [InlineData("22 1 0:21 / /proc rw - proc proc rw\n", "0::/\n", null)]
    public void The_own_group_is_found_wherever_it_is_mounted(string mounts, string groups, string? folder) =>
        Assert.Equal(folder, CgroupTree.FolderOf(mounts, groups));

    [Theory]
    [InlineData("low 0\nhigh 0\nmax 12\noom 2\noom_kill 3\noom_group_kill 0\n", 3)]
    [InlineData("low 0\noom 2\n", 0)]
    [InlineData("", 0)]
    [InlineData("oom_kill many\n", 0)]
    public void Kills_for_want_of_memory_are_counted(string events, long count) =>
        Assert.Equal(count, Cgroup.CountOf(events, "oom_kill"));
}
