#!/usr/bin/env bash
# Takes NVIDIA's cuda.h and cudaGL.h out of a Python package and prints the folder they are in.
set -euo pipefail
cache=${CUFRAMES_CACHE:-$(cd "$(dirname "$0")/.." && pwd)/target/cache}
headers=$cache/cuda-12.9.79
sums='fda3285d055a9f05e40cd76352f9f073d0ab45d42fb5bb0db4bb33b0df506d28  cuda.h
80c4f51cf19afac8ae8e2d2002c298af85f8e4b736f472a0942fedb4d486c943  cudaGL.h'

complete() { echo "$sums" | (cd "$headers" 2>/dev/null && sha256sum --check --status 2>/dev/null); }
if ! complete; then
    mkdir -p "$headers"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    python3 -m pip download --quiet --no-deps --dest "$work" nvidia-cuda-runtime-cu12==12.9.79 >&2
    python3 -m zipfile -e "$work"/nvidia_cuda_runtime_cu12-12.9.79-*.whl "$work/wheel"
    cp "$work"/wheel/nvidia/cuda_runtime/include/{cuda.h,cudaGL.h} "$headers"
    complete || {
        echo "cuda_header.sh: the headers in nvidia-cuda-runtime-cu12 12.9.79 are not those expected" >&2
        exit 1
    }
fi
echo "$headers"
