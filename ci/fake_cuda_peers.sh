#!/usr/bin/env bash
# The simulated GPU against programs that know nothing of it, and its signatures against NVIDIA's
# headers. Arguments go to unittest, as in: fake_cuda_peers.sh -v test_ffmpeg
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build -q --release -p fake-cuda -p fake-cuvid -p cudarc-peer
FAKE_CUDA_BUILT=$(realpath "${CARGO_TARGET_DIR:-target}")/release
export FAKE_CUDA_BUILT

check() { /usr/bin/python3 conformance/fake-cuda/header/check.py --headers "$headers" "$@"; }
headers=$(ci/cuda_header.sh)
check --exports "$FAKE_CUDA_BUILT/libfake_cuda.so" conformance/fake-cuda/driver/src
check --exports "$FAKE_CUDA_BUILT/libfake_cuvid.so" conformance/fake-cuda/cuvid/src
check libcuframes/src/sys/cuda
echo "3 checks passed"

export PYTHONDONTWRITEBYTECODE=1
cd conformance/fake-cuda/peers
exec /usr/bin/python3 -W error -m unittest "$@" 2>&1
