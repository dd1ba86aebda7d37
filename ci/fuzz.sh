#!/usr/bin/env bash
# Fuzzes each target for SECONDS (default 20), from the conformance vectors on. A crash is a
# failure, and its input is kept in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
seconds=${1:-20}

command -v cargo-fuzz >/dev/null || cargo install --quiet --locked cargo-fuzz --version 0.13.2
# cargo-fuzz needs -Z flags, which a stable compiler takes in this mode.
export RUSTC_BOOTSTRAP=1

python3 seeds.py
targets=(messages control_segment packet_segment names reader packet_reader)
for target in "${targets[@]}"; do
    cargo fuzz run "$target" -- -max_total_time="$seconds" -rss_limit_mb=2048 2>&1 | tee "$target.log" |
        grep -E '^Done|panicked|ERROR|error' || true
    runs=$(awk '/^Done/ {print $2}' "$target.log")
    rm "$target.log"
    # A fuzzer that did not run has found nothing, and that is no result.
    [ "${runs:-0}" -gt 1000 ] || { echo "fuzz.sh: $target crashed or did not run"; exit 1; }
done
echo "${#targets[@]} checks passed"
