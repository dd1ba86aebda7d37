#!/usr/bin/env bash
# One decode, three readers: a patched ffmpeg decodes a clip once, and subscribers in Rust, C
# and Python read the same frames in place. Installs and builds what it needs.
set -euo pipefail
cd "$(dirname "$0")/.."
ci/install.sh
clip=$(ci/clip.sh)
cargo build -q --release -p libcuframes -p cuframes-cli
export CUFRAMES_LIB_DIR=$PWD/target/release
ffmpeg=$(ffmpeg-filter/build.sh 7.1 | tail -n 1)

work=$(mktemp -d)
# A job may end between the list and the signal: that is no failure of the demonstration.
cleanup() {
    jobs -p | xargs -r kill 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
export CUFRAMES_RUNTIME_DIR=$work
# A program links to libcuframes.so and starts with libcuframes.so.0.
cp target/release/libcuframes.so "$work/libcuframes.so.0"
ln -s libcuframes.so.0 "$work/libcuframes.so"
cc -O2 -Iinclude examples/subscribe.c -L"$work" -Wl,-rpath,"$work" -lcuframes -o "$work/subscribe"
# Nothing here takes a minute: what does, hangs.
watch() { timeout --kill-after=5 60 "$@"; }

# Debian's own ffmpeg, in its own process, says what the frames are.
ffmpeg -v error -nostdin -i "$clip" -an -f framemd5 "$work/reference"
hashes() { grep -v '^#' "$1" | awk '{print $NF}'; }
frames=$(hashes "$work/reference" | wc -l)

watch target/release/cuframes sub demo --strict --name rust --framemd5 -o "$work/rust" --stats \
    2>"$work/rust.txt" >&2 &
watch "$work/subscribe" demo "$work/c.raw" >"$work/c.txt" &
watch /usr/bin/python3 conformance/python/subscribe.py demo --strict --name python --framemd5 \
    --json >"$work/python.out" &
watch "$ffmpeg" -v info -nostdin -re -i "$clip" -an \
    -vf cuframes_out=key=demo:policy=strict_wait:wait_subscribers=3 -f null - 2>"$work/ffmpeg.log"
wait
ffmpeg -v error -nostdin -f rawvideo -pix_fmt yuv420p -s 1280x720 -i "$work/c.raw" \
    -f framemd5 "$work/c"

grep -v '^{' "$work/python.out" >"$work/python"

# Each program tells in its own way how many frames it missed and how long they took to arrive.
missed_rust=$(grep -o '[0-9]* missed' "$work/rust.txt")
missed_c=$(grep -o '[0-9]* missed' "$work/c.txt")
from_json() { sed -n "s/.*\"$1\": \([0-9.]*\).*/\1/p" "$work/python.out"; }
missed_python=$(from_json missed)
latency_rust=$(grep -o 'latency [0-9.]* us' "$work/rust.txt" | tr -dc 0-9.)
latency_c=$(grep -o '[0-9]* us' "$work/c.txt")
latency_python=$(from_json latency_us_p50)

echo "$(basename "$clip"): $frames frames, decoded once by $($ffmpeg -version | awk 'NR == 1 {print $1, $3}')"
grep -ao 'key .demo.*copies' "$work/ffmpeg.log"
printf '%-8s %8s %8s %16s  %s\n' reader frames missed 'latency (us)' md5
status=0
for reader in rust c python; do
    missed=missed_$reader latency=latency_$reader
    count=$(hashes "$work/$reader" | wc -l)
    equal=different
    # An empty comparison is no comparison: the count comes first.
    if [ "$count" = "$frames" ] && [ "$frames" -gt 100 ] &&
        diff -q <(hashes "$work/reference") <(hashes "$work/$reader") >/dev/null; then
        equal=equal
    else
        status=1
    fi
    printf '%-8s %8s %8s %16s  %s\n' "$reader" "$count" "${!missed%% *}" "${!latency%% *}" "$equal"
done
[ $status = 0 ] && echo "3 checks passed"
exit $status
