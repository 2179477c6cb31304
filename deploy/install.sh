#!/usr/bin/env bash
# Installs what deploy/build.sh built: programs into /usr/local, units for systemd. Starts and enables nothing, and
# leaves configuration alone that is there. Run it again to upgrade; a running program keeps its old file until it is restarted.
#
#   deploy/install.sh [--root DIR] agent|control-plane|deployctl...
set -euo pipefail

usage() { echo "usage: deploy/install.sh [--root DIR] agent|control-plane|deployctl..." >&2; exit 64; }

here=$(cd "$(dirname "$0")" && pwd)
built=$here/../artifacts/bin
root=
parts=()
while [ $# -gt 0 ]; do
    case $1 in
        --root) [ $# -ge 2 ] || usage; root=${2%/}; shift 2 ;;
        agent | control-plane | deployctl) parts+=("$1"); shift ;;
        *) usage ;;
    esac
done
[ ${#parts[@]} -gt 0 ] || usage

# put MODE SOURCE TARGET: complete or not at all, also while the old file runs.
put() {
    [ -e "$2" ] || { echo "install.sh: $2 is missing: run deploy/build.sh" >&2; exit 1; }
    mkdir -p "$(dirname "$root$3")"
    install -m "$1" "$2" "$root$3.new"
    mv -f "$root$3.new" "$root$3"
    echo "installed $root$3"
}

for part in "${parts[@]}"; do
    case $part in
        agent)
            put 755 "$built/slipway-agent" /usr/local/bin/slipway-agent
            put 644 "$here/systemd/slipway-agent.service" /usr/local/lib/systemd/system/slipway-agent.service
            ;;
        control-plane)
            # SQLite's library is looked for beside the program.
            put 644 "$built/libe_sqlite3.so" /usr/local/lib/slipway/libe_sqlite3.so
            put 755 "$built/slipway-control-plane" /usr/local/lib/slipway/slipway-control-plane
            mkdir -p "$root/usr/local/bin"
            ln -sfn ../lib/slipway/slipway-control-plane "$root/usr/local/bin/slipway-control-plane.new"
            mv -fT "$root/usr/local/bin/slipway-control-plane.new" "$root/usr/local/bin/slipway-control-plane"
            put 644 "$here/systemd/slipway-control-plane.service" \
                /usr/local/lib/systemd/system/slipway-control-plane.service
            if [ ! -e "$root/etc/slipway/control-plane.json" ]; then
                put 644 <(echo '{}') /etc/slipway/control-plane.json
            fi
            put 644 "$here/systemd/slipway.sysusers" /usr/local/lib/sysusers.d/slipway.conf
            ;;
        deployctl) put 755 "$built/deployctl" /usr/local/bin/deployctl ;;
    esac
done
