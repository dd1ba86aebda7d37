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
echo "3 checks passed"
