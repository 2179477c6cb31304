#!/usr/bin/env bash
# Publishes the three programs into artifacts/bin: slipway-control-plane, slipway-agent, deployctl.
# Does nothing for a program whose sources have not changed since it was published.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

case "$(uname -m)" in
    x86_64) runtime=linux-x64 ;;
    aarch64) runtime=linux-arm64 ;;
    *) echo "build.sh: $(uname -m) is not supported: build on x86_64 or aarch64" >&2; exit 1 ;;
esac

command -v dotnet > /dev/null || { echo "build.sh: the .NET SDK 10 is missing: see https://dot.net" >&2; exit 1; }

# The native programs are linked by gcc; objcopy of binutils takes their symbols out.
if ! { command -v gcc && command -v objcopy && [ -e /usr/include/stdlib.h ]; } > /dev/null; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
        echo "build.sh: a C linker is missing: apt-get install gcc libc6-dev binutils" >&2
        exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gcc libc6-dev binutils > /dev/null
fi

stamps=artifacts/bin/.stamps
mkdir -p "$stamps"

# publish PROJECT_FOLDER PROGRAM: PROGRAM is made of PROJECT_FOLDER, Shared, protos and the build files.
publish() {
    local folder=$1 program=$2 stamp out
    stamp=$(
        find "src/$folder" src/Shared protos global.json Directory.* src/Directory.Build.props .editorconfig \
            -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
    )-$runtime
    if [ -e "artifacts/bin/$program" ] && [ "$(cat "$stamps/$program" 2> /dev/null)" = "$stamp" ]; then
        return
    fi

    echo "Publishing $program for $runtime"
    out=artifacts/publish/ship/$folder
    rm -rf "$out"
    dotnet publish "src/$folder" -c Release -r "$runtime" -o "$out" -v quiet --nologo
    # Renamed into place: a running program keeps its old file, and a killed build leaves no half one.
    rm -rf "artifacts/bin/.$program"
    mkdir "artifacts/bin/.$program"
    cp "$out/Slipway.$folder" "artifacts/bin/.$program/$program"
    find "$out" -maxdepth 1 -name 'lib*.so' -exec cp {} "artifacts/bin/.$program/" \;
    mv -f "artifacts/bin/.$program"/* artifacts/bin/
    rmdir "artifacts/bin/.$program"
    echo "$stamp" > "$stamps/$program"
}

publish ControlPlane slipway-control-plane
publish Agent slipway-agent
publish Deployctl deployctl
