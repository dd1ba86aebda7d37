#!/usr/bin/env bash
# One decode, three readers: a patched ffmpeg decodes a clip once, and subscribers in Rust, C
# and Python read the same frames in place. Installs and builds what it needs.
set -euo pipefail
cd "$(dirname "$0")/.."
ci/install.sh
clip=$(ci/clip.sh)
cargo build -q --release -p libcuframes -p cuframes-cli
ffmpeg=$(ffmpeg-filter/build.sh 7.1 | tail -n 1)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CUFRAMES_RUNTIME_DIR=$work LD_LIBRARY_PATH=$PWD/target/release
cc -O2 -Iinclude examples/subscribe.c -Ltarget/release -lcuframes -o "$work/subscribe"

# Debian's own ffmpeg, in its own process, says what the frames are.
ffmpeg -v error -nostdin -i "$clip" -an -f framemd5 "$work/reference"
hashes() { grep -v '^#' "$1" | awk '{print $NF}'; }
frames=$(hashes "$work/reference" | wc -l)

target/release/cuframes sub demo --strict --name rust --framemd5 -o "$work/rust" --stats --json \
    >"$work/rust.json" &
"$work/subscribe" demo "$work/c.raw" >"$work/c.txt" &
/usr/bin/python3 conformance/python/subscribe.py demo --strict --name python --framemd5 \
    >"$work/python" &
"$ffmpeg" -v info -nostdin -i "$clip" -an \
    -vf cuframes_out=key=demo:policy=strict_wait:wait_subscribers=3 -f null - 2>"$work/ffmpeg.log"
wait
ffmpeg -v error -nostdin -f rawvideo -pix_fmt yuv420p -s 1280x720 -i "$work/c.raw" \
    -f framemd5 "$work/c"

echo "clip: $(basename "$clip"), $frames frames, decoded once"
grep -o 'cuframes_out.*published.*' "$work/ffmpeg.log" || true
printf '%-10s %8s %8s %s\n' reader frames missed md5
status=0
for reader in rust c python; do
    count=$(hashes "$work/$reader" | wc -l)
    equal=no
    # An empty comparison is no comparison: the count comes first.
    if [ "$count" = "$frames" ] && [ "$frames" -gt 100 ] &&
        diff -q <(hashes "$work/reference") <(hashes "$work/$reader") >/dev/null; then
        equal=equal
    else
        status=1
    fi
    printf '%-10s %8s %8s %s\n' "$reader" "$count" $((frames - count)) "$equal"
done
[ $status = 0 ] && echo "3 checks passed"
exit $status
