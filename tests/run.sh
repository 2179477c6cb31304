#!/usr/bin/env bash
# Builds and runs the tests; ends with the line 'N passed, N failed'.
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 TESTINGPLATFORM_TELEMETRY_OPTOUT=1
log=artifacts/test.log
mkdir -p artifacts
dotnet build Slipway.slnx || exit
dotnet test --solution Slipway.slnx --no-build --results-directory artifacts/test-results --minimum-expected-tests 1 | tee "$log"
status=${PIPESTATUS[0]}
# A crashed test program is counted under 'error', not under 'failed'.
awk '/^  (error|succeeded|failed): [0-9]+$/ { n[$1] += $2 }
     END { printf "%d passed, %d failed\n", n["succeeded:"], n["failed:"] + n["error:"] }' "$log"
exit "$status"
