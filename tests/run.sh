#!/usr/bin/env bash
# Builds Slipway and runs its tests. Ends with the line 'N passed, N failed', and fails if any did.
#
#   tests/run.sh                    all of them
#   tests/run.sh unit|integration|e2e
#   tests/run.sh bench NAME [OPTION...]   measures, into artifacts/bench/NAME.json; see docs/benchmarks.md
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 TESTINGPLATFORM_TELEMETRY_OPTOUT=1

usage() { echo "usage: tests/run.sh [all|unit|integration|e2e|bench NAME [OPTION...]]" >&2; exit 64; }

case "${1:-all}" in
    all) projects=(Unit Integration EndToEnd) ;;
    unit) projects=(Unit) ;;
    integration) projects=(Integration) ;;
    e2e) projects=(EndToEnd) ;;
    bench) [ $# -ge 2 ] || usage; projects=() ;;
    *) usage ;;
esac

give_up() { echo "tests/run.sh: $1" >&2; echo "0 passed, 1 failed"; exit 1; }

# need COMMAND PACKAGE...: installs the packages unless the command is there.
need() {
    local command=$1
    shift
    if [ -x "$command" ] || command -v "$command" > /dev/null; then
        return
    fi
    if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
        give_up "$command is missing: apt-get install $*"
    fi
    if [ -z "${updated:-}" ]; then
        apt-get update -qq || give_up "apt-get update failed"
        updated=1
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" > /dev/null \
        || give_up "could not install $*"
}

need curl curl ca-certificates
need python3 python3-minimal
if [[ " ${projects[*]} " =~ " Integration "|" EndToEnd " ]]; then
    need plackup libplack-perl starlet
    need /usr/share/perl5/Starlet.pm starlet
    need gunicorn gunicorn
    need /usr/bin/start_server libserver-starter-perl
    need strace strace
    need /lib/systemd/systemd systemd
    need nsenter util-linux
    [ "$(uname -m)" != x86_64 ] || need linux.uml user-mode-linux
fi

scratch=$(mktemp -d /tmp/slipway-tests.XXXXXX)
chmod 755 "$scratch"
postgres=/usr/lib/postgresql/15/bin

# PostgreSQL refuses to run as root.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

stop_services() {
    if [ -e "$scratch/postgres/postmaster.pid" ]; then
        as_postgres "$postgres/pg_ctl" -D "$scratch/postgres" -m immediate stop > /dev/null
    fi
    if [ -n "${redis:-}" ]; then
        kill "$redis" 2> /dev/null
        wait "$redis" 2> /dev/null
    fi
    rm -rf "$scratch"
}
trap stop_services EXIT

start_services() {
    local port
    need "$postgres/initdb" postgresql-15
    need redis-server redis-server
    if [ -z "${SLIPWAY_TEST_POSTGRES:-}" ]; then
        port=$(free_port)
        if [ "$(id -u)" = 0 ]; then
            install -d -o postgres -m 700 "$scratch/postgres"
        fi
        as_postgres "$postgres/initdb" -D "$scratch/postgres" -U slipway --auth=trust -E UTF8 --locale=C.UTF-8 -N \
            > "$scratch/initdb.log" 2>&1 || { cat "$scratch/initdb.log" >&2; give_up "initdb failed"; }
        # Redirected: the server keeps what it inherits open for as long as it runs.
        as_postgres "$postgres/pg_ctl" -D "$scratch/postgres" -w -l "$scratch/postgres/server.log" \
            -o "-p $port -h 127.0.0.1 -k $scratch/postgres -F -c max_connections=200" start > /dev/null \
            || give_up "PostgreSQL did not start"
        export SLIPWAY_TEST_POSTGRES="Host=127.0.0.1;Port=$port;Username=slipway;Database=postgres"
    fi
    if [ -z "${SLIPWAY_TEST_REDIS:-}" ]; then
        port=$(free_port)
        redis-server --bind 127.0.0.1 --port "$port" --save "" --dir "$scratch" > "$scratch/redis.log" 2>&1 &
        redis=$!
        for _ in $(seq 100); do
            redis-cli -p "$port" ping > /dev/null 2>&1 && break
            sleep 0.05
        done
        export SLIPWAY_TEST_REDIS=127.0.0.1:$port
    fi
}

if [ "${1:-all}" = bench ]; then
    need plackup libplack-perl starlet
    need /usr/share/perl5/Starlet.pm starlet
    need /usr/bin/start_server libserver-starter-perl
    deploy/build.sh || exit
    dotnet build tests/Benchmarks -c Release -v quiet || exit
    artifacts/bin/Tests.Benchmarks/release/Tests.Benchmarks "${@:2}"
    exit
fi

# Built once, before anything runs: the test programs start each other's neighbours.
if [ ${#projects[@]} = 3 ]; then
    dotnet build Slipway.slnx -v quiet || give_up "the build failed"
else
    dotnet build "tests/${projects[0]}" -v quiet || give_up "the build failed"
fi

passed=0 failed=0 status=0
mkdir -p artifacts
for project in "${projects[@]}"; do
    case $project in
        Integration) start_services ;;
        EndToEnd) deploy/build.sh || give_up "deploy/build.sh failed" ;;
    esac
    log=artifacts/test-$project.log
    dotnet test --project "tests/$project/Tests.$project.csproj" --no-build --minimum-expected-tests 1 \
        --results-directory artifacts/test-results 2>&1 | tee "$log"
    code=${PIPESTATUS[0]}
    # A crashed test program is counted under 'error', not under 'failed'; one that did not even start, nowhere.
    read -r good bad < <(awk '/^  (error|succeeded|failed): [0-9]+$/ { n[$1] += $2 }
        END { printf "%d %d\n", n["succeeded:"], n["failed:"] + n["error:"] }' "$log")
    if [ "$code" != 0 ]; then
        status=1
        [ "$bad" != 0 ] || bad=1
    fi
    passed=$((passed + good)) failed=$((failed + bad))
done

echo "$passed passed, $failed failed"
exit "$status"
