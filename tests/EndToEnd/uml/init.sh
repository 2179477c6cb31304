#!/usr/bin/env bash
# The first process of a user-mode kernel whose root is this machine's, read-only: what limits do on a host whose
# kernel has all controllers of cgroup v2, on one that has not. The agent AGENT runs with FOLDER/agent.json and
# a copy of FOLDER/state at /run/state until both PATTERNs are in its spooled reports, which are left in
# FOLDER/reports.
#
#   init.sh AGENT FOLDER PATTERN PATTERN
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /run
cp -r "$2/state" "$2/agent.json" /run/
mkdir /run/folder
mount -t hostfs -o "$2" none /run/folder

"$1" run --config /run/agent.json &
for pattern in "$3" "$4"; do
    until grep -qs "$pattern" /run/state/spool/*.json; do sleep 0.05; done
done
cp -r /run/state/spool /run/folder/reports

# reboot(2) with LINUX_REBOOT_CMD_POWER_OFF: without systemd there is no program that does it.
exec perl -e 'syscall 169, 0xfee1dead, 0x28121969, 0x4321fedc, 0'
