#!/usr/bin/env bash
# Slipway on this machine, from nothing: a control plane, one agent, a first release, and a second one rolled out under
# load. Everything lives in a temporary folder and on free ports of the loopback.
#
#   deploy/quickstart.sh          leaves it running until Ctrl-C
#   deploy/quickstart.sh --exit   stops it, and fails if a single request failed
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

case "${1:-}" in
    "" | --exit) ;;
    *) echo "usage: deploy/quickstart.sh [--exit]" >&2; exit 64 ;;
esac

bold() { printf '\n\033[1m%s\033[0m\n' "$*"; }
if [ ! -t 1 ] || [ -n "${NO_COLOR:-}" ]; then bold() { printf '\n%s\n' "$*"; }; fi

# What a reader would type.
deployctl() { echo "\$ deployctl $*" >&2; artifacts/bin/deployctl "$@"; }

state=$(mktemp -d /tmp/slipway-quickstart.XXXXXX)

# The supervisors outlive the agent, by design: find what runs out of this folder, and end it by its id.
ours() {
    local process
    for process in /proc/[0-9]*; do
        if [ "${process#/proc/}" != $$ ] && tr '\0' '\n' 2> /dev/null < "$process/cmdline" | grep -qF "$state/"; then
            echo "${process#/proc/}"
        elif grep -qzF "$state/" "$process/environ" 2> /dev/null; then
            echo "${process#/proc/}"
        fi
    done
}

stop() {
    local signal pid
    trap - EXIT INT TERM
    for signal in TERM TERM KILL KILL; do
        for pid in $(ours); do kill -s "$signal" "$pid" 2> /dev/null || true; done
        for _ in $(seq 30); do
            if [ -z "$(ours)" ]; then break 2; fi
            sleep 0.1
        done
    done
    rm -rf "$state"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

free_port() {
    local port
    while port=$((20000 + RANDOM % 12000)); (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do :; done
    echo "$port"
}

# wait_for WHAT SECONDS COMMAND...
wait_for() {
    local what=$1 tries=$(($2 * 10))
    shift 2
    until "$@" > /dev/null 2>&1; do
        tries=$((tries - 1))
        if [ "$tries" -le 0 ]; then
            echo "quickstart.sh: $what did not come about; the logs:" >&2
            tail -n 40 "$state"/*.log >&2
            exit 1
        fi
        sleep 0.1
    done
}

bold "1. Build the programs, the sample and the load generator"
deploy/build.sh
dotnet publish deploy/samples/hello -c Release -o "$state/hello" -v quiet
dotnet build tests/Benchmarks -c Release -v quiet
for version in 1.0.0 1.1.0; do
    echo "$version" > "$state/hello/release.txt"
    tar -czf "$state/hello-$version.tar.gz" -C "$state/hello" .
done

bold "2. Start a control plane, on SQLite"
artifacts/bin/slipway-control-plane run --data-dir "$state/control-plane" --listen 127.0.0.1:0 \
    --bootstrap-token-file "$state/admin.token" > "$state/control-plane.log" 2>&1 &
wait_for "the control plane" 30 grep -q '^Listening on ' "$state/control-plane.log"
server=$(sed -n 's/^Listening on //p' "$state/control-plane.log" | head -n 1)
echo "It listens on $server"
export SLIPWAY_CONFIG=$state/contexts.json
deployctl login "$server" --token-file "$state/admin.token"

bold "3. Enrol this machine as an agent"
deployctl agent token create --label env=production --quiet > "$state/agent.token"
cat > "$state/agent.json" << JSON
{
  "state_dir": "$state/agent",
  "apps": {
    "link": { "control_plane": "$server", "name": "web-1", "token_file": "$state/agent.token" },
    "deployments": { "artifacts": [{ "module": "control_plane" }], "runtimes": [{ "module": "server" }] }
  }
}
JSON
artifacts/bin/slipway-agent run --config "$state/agent.json" > "$state/agent.log" 2>&1 &
wait_for "the agent's connection" 30 grep -q 'Connected to ' "$state/agent.log"
deployctl agent list

bold "4. Say what to run, and push a first release"
port=$(free_port)
sed -e "s/127.0.0.1:8080/127.0.0.1:$port/" \
    -e "s|^server:|server:\n  environment: { DOTNET_ROOT: \"$(dirname "$(readlink -f "$(command -v dotnet)")")\" }|" \
    deploy/samples/hello/slipway.yaml > "$state/slipway.yaml"
deployctl apply -f "$state/slipway.yaml"
deployctl release push hello 1.0.0 --artifact "any=$state/hello-1.0.0.tar.gz"
deployctl rollout status hello --environment production --watch --timeout 60s
echo "http://127.0.0.1:$port/ says: $(curl -sS --max-time 5 "http://127.0.0.1:$port/")"

bold "5. Push a second release while eight connections ask without a pause"
load=artifacts/bin/Tests.Benchmarks/release/Tests.Benchmarks
"$load" load "http://127.0.0.1:$port/" --connections 4 > "$state/keep-alive.log" 2>&1 &
kept_alive=$!
"$load" load "http://127.0.0.1:$port/" --connections 4 --connection-per-request > "$state/per-request.log" 2>&1 &
per_request=$!
sleep 1
deployctl release push hello 1.1.0 --artifact "any=$state/hello-1.1.0.tar.gz"
deployctl rollout status hello --environment production --watch --timeout 60s
sleep 1
failed=0
kill -TERM "$kept_alive" "$per_request"
wait "$kept_alive" || failed=1
wait "$per_request" || failed=1
echo "http://127.0.0.1:$port/ says: $(curl -sS --max-time 5 "http://127.0.0.1:$port/")"

bold "6. What happened"
echo "Four connections that were kept alive: $(cat "$state/keep-alive.log")"
echo "Four that were opened for each request: $(cat "$state/per-request.log")"
echo
deployctl history --application hello

if [ "${1:-}" = --exit ]; then
    [ "$failed" = 0 ] || echo "quickstart.sh: requests failed" >&2
    exit "$failed"
fi

bold "It goes on running. In another terminal:"
echo "  export PATH=\"$PWD/artifacts/bin:\$PATH\" SLIPWAY_CONFIG=$SLIPWAY_CONFIG"
echo "  deployctl rollout list"
echo "Ctrl-C stops everything and removes $state"
wait
