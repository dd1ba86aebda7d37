#!/usr/bin/env bash
# The implementation in another language: its own tests, its vectors, and a live subscription.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build -q --release -p cuframes-cli
cuframes=${CARGO_TARGET_DIR:-target}/release/cuframes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CUFRAMES_RUNTIME_DIR=${CUFRAMES_RUNTIME_DIR:-$work}
key=conformance-$$

(cd conformance/python && /usr/bin/python3 -W error -m unittest -q 2>&1)
/usr/bin/python3 conformance/python/make_vectors.py --check

# One live publisher, a reader in each language: both miss nothing and read the same pixels.
frames=100
"$cuframes" publish --key "$key" --test-pattern 640x360@100 --frames $frames \
    --policy strict_wait --wait-subscribers 2 &
publisher=$!
"$cuframes" sub "$key" --strict --framemd5 -o "$work/rust" &
rust=$!
/usr/bin/python3 conformance/python/subscribe.py "$key" --strict --framemd5 >"$work/python"
wait "$rust"
wait "$publisher"

count() { grep -vc '^#' "$work/$1"; }
[ "$(count rust)" = $frames ] || { echo "the Rust subscriber read $(count rust) frames"; exit 1; }
[ "$(count python)" = $frames ] || { echo "the Python subscriber read $(count python) frames"; exit 1; }
hashes() { grep -v '^#' "$work/$1" | awk '{print $NF}'; }
diff <(hashes rust) <(hashes python)
[ "$(hashes rust | sort -u | wc -l)" = $frames ] || { echo "frames repeat"; exit 1; }

# The packets of a file with B-frames: as many as ffprobe finds in it, each with the same bytes,
# size, times and key flag.
packets=200
ffmpeg -v error -f lavfi -i testsrc2=size=320x240:rate=100 -frames:v $packets \
    -c:v libx264 -g 25 -bf 2 "$work/clip.mkv"
"$cuframes" publish --key "$key-enc" "$work/clip.mkv" --wait-subscribers 1 --realtime 2>"$work/log" &
publisher=$!
/usr/bin/python3 conformance/python/packets.py "$key-enc" >"$work/packets"
wait "$publisher" || { cat "$work/log"; exit 1; }
ffprobe -v error -select_streams v -show_packets -show_data_hash md5 -of json "$work/clip.mkv" \
    >"$work/probed"
/usr/bin/python3 conformance/python/same_packets.py "$work/probed" "$work/packets" $packets
echo "4 checks passed"
