#!/usr/bin/env bash
# Boots the real systemd as the first process of namespaces of its own: what units do on a host, without a host. /etc,
# /usr/local and /var/lib are this machine's, with the changes kept in FOLDER, so that booting again is a reboot. This
# checkout is at /run/slipway-source. The line 'systemd is process N' says where to enter. SIGTERM ends everything at once, and so do five minutes.
#
#   boot.sh FOLDER
set -euo pipefail

if [ $# = 1 ]; then
    # A control group of its own: what systemd makes there is gone when it is.
    cgroup=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/slipway-test-$$
    mkdir "$cgroup"
    unshare --mount --pid --fork --kill-child --uts --ipc --cgroup \
        bash -c 'echo 0 > "$1/cgroup.procs"; exec unshare --cgroup "$0" "$2" inside' "$0" "$cgroup" "$1" < /dev/null &
    namespaces=$!
    end() {
        set +e
        kill -KILL $(jobs -p) 2> /dev/null
        wait
        until find "$cgroup" -depth -type d -exec rmdir {} + 2> /dev/null; do sleep 0.05; done
    }
    trap end EXIT
    trap 'exit 0' INT TERM
    until first=$(cat "/proc/$namespaces/task/$namespaces/children") && [ -n "$first" ]; do sleep 0.05; done
    echo "systemd is process ${first% }"
    sleep 300 &
    wait -n
    exit
fi

folder=$1
mount --make-rprivate /
mount -t proc proc /proc
for path in /etc /usr/local /var/lib; do
    mkdir -p "$folder$path" "$folder/.work$path"
    mount -t overlay overlay -o "lowerdir=$path,upperdir=$folder$path,workdir=$folder/.work$path" "$path"
done
mkdir -p "$folder/.units"
mount --bind "$folder/.units" /etc/systemd/system
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/slipway-source
mount --bind "$(dirname "$0")/../../.." /run/slipway-source
for path in /tmp /var/tmp /dev/shm; do
    mount -t tmpfs -o mode=1777 tmpfs "$path"
done

# This machine's own units stay out: they would set it up, and clean it up, a second time.
units=/run/slipway-test
mkdir -p "$units"
for target in default sysinit basic shutdown umount multi-user network-online; do
    printf '[Unit]\nDescription=%s\nDefaultDependencies=no\n' "$target" > "$units/$target.target"
done
echo Wants=multi-user.target >> "$units/default.target"
export container=slipway
export SYSTEMD_UNIT_PATH=/etc/systemd/system:/usr/local/lib/systemd/system:$units
exec /lib/systemd/systemd --system --unit=default.target --log-target=console --show-status=false
