#!/usr/bin/env bash
# Fuzzes each target for SECONDS (default 20), one on each processor, from the conformance vectors
# on. A crash is a failure, and its input is kept in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
seconds=${1:-20}

command -v cargo-fuzz >/dev/null || cargo install --quiet --locked cargo-fuzz --version 0.13.2
# cargo-fuzz needs -Z flags, which a stable compiler takes in this mode.
export RUSTC_BOOTSTRAP=1

python3 seeds.py
targets=(messages control_segment packet_segment names reader packet_reader zerobuffer vizion_control
    vizion_reader lending_return lending_send)
cargo fuzz build
fuzz() {
    local runs
    cargo fuzz run "$1" -- -max_total_time="$2" -rss_limit_mb=2048 2>&1 | tee "$1.log" |
        grep -E '^Done|panicked|ERROR|error' || true
    runs=$(awk '/^Done/ {print $2}' "$1.log")
    rm "$1.log"
    # A fuzzer that did not run has found nothing, and that is no result.
    [ "${runs:-0}" -gt 1000 ] || { echo "fuzz.sh: $1 crashed or did not run"; exit 255; }
}
export -f fuzz
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c "fuzz {} $seconds"
echo "${#targets[@]} checks passed"
