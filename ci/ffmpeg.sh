#!/usr/bin/env bash
# Usage: ffmpeg.sh VERSION        (5.1 or 7.1)
#
# Tests filter and inputs of that FFmpeg release against Debian's own ffmpeg and real subscribers.
# Further arguments go to unittest, as in: ffmpeg.sh 7.1 -v test_options
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:?usage: ffmpeg.sh VERSION}
shift
# One build of both: cargo would build the library once more for the tool's choice of features.
cargo build -q --release -p libcuframes -p cuframes-cli
CUFRAMES_LIB_DIR=$(realpath "${CARGO_TARGET_DIR:-target}")/release
CUFRAMES_BIN=$CUFRAMES_LIB_DIR/cuframes
export CUFRAMES_LIB_DIR
CUFRAMES_FFMPEG=$(ffmpeg-filter/build.sh "$version" | tail -n 1)
CUFRAMES_FFMPEG_VERSION=$version
CUFRAMES_CLIP=$(ci/clip.sh)
export CUFRAMES_BIN CUFRAMES_FFMPEG CUFRAMES_FFMPEG_VERSION CUFRAMES_CLIP
export PYTHONPATH=$PWD/conformance/python PYTHONDONTWRITEBYTECODE=1
cd ffmpeg-filter/tests
exec /usr/bin/python3 -W error -m unittest "$@"
