#!/usr/bin/env bash
# Installs what it needs and runs every test.
#
#   ci/test.sh          campaigns at a tenth of their counts; what continuous integration runs
#   ci/test.sh --full   the stated counts; the result is written to docs/measurements/
#
# Every stage prints its time. The last line is `N passed, N failed, N skipped`.
set -uo pipefail
cd "$(dirname "$0")/.."
source ci/stages.sh

full=false
case ${1:-} in
    --full) full=true ;;
    '') ;;
    *)
        echo "usage: ci/test.sh [--full]" >&2
        exit 2
        ;;
esac
if $full; then
    export CUFRAMES_FULL=1
    fuzz_seconds=60
    mkdir -p docs/measurements
    exec > >(tee "docs/measurements/$(date +%F)-full-test.txt") 2>&1
    echo "full test of $(git rev-parse --short HEAD) on $(date +%F): $(nproc) cores, Linux $(uname -r)"
else
    fuzz_seconds=10
fi

# A run directory and a name space of our own: nothing that runs on this machine is disturbed.
CUFRAMES_RUNTIME_DIR=$(mktemp -d)
export CUFRAMES_RUNTIME_DIR
segments_before=$(ls /dev/shm)

models() { RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom cargo test -q --release -p libcuframes --test ring_models; }
cudarc() {
    cargo build -q -p libcuframes --features cudarc --example subscribe_cudarc &&
        ci/fake-cuda.sh cargo test -q -p libcuframes --features cudarc --test cuda_cudarc
}
documentation() { RUSTDOCFLAGS="-D warnings" cargo doc -q --no-deps --workspace; }

nothing_left() {
    local left status=0
    left=$(comm -13 <(sort <<<"$segments_before") <(ls /dev/shm | sort) | grep -E 'cuframes|fake-cuda')
    [ -z "$left" ] || { echo "left in /dev/shm: $left"; status=1; }
    left=$(find "$CUFRAMES_RUNTIME_DIR" -type s)
    [ -z "$left" ] || { echo "sockets left: $left"; status=1; }
    left=$(pgrep -f "$PWD/target/.*/(cuframes(-media)?|peer)( |$)")
    [ -z "$left" ] || { echo "processes left: $left"; status=1; }
    cargo run -q --release -p cuframes-tests --bin leftovers || status=1
    rm -rf "$CUFRAMES_RUNTIME_DIR"
    [ $status = 0 ] && echo "4 checks passed"
    return $status
}

stage "install" ci/install.sh
stage "format" cargo fmt --all --check
stage "examples in the README" ci/readme.py --check
stage "clippy" cargo clippy -q --workspace --all-targets --all-features -- -D warnings
stage "documentation" documentation
# First on a machine without a GPU and without a driver, as most are.
stage "library" cargo test -q -p libcuframes --lib --tests
stage "examples in the documentation" cargo test -q -p libcuframes --doc
stage "command line" cargo test -q -p cuframes-cli
stage "simulated GPU" cargo test -q -p fake-cuda -p fake-cuvid
stage "simulated GPU and its peers" ci/fake_cuda_peers.sh
stage "library on a simulated GPU" ci/fake-cuda.sh cargo test -q -p libcuframes --lib --tests
stage "cudarc's streams" cudarc
stage "command line on a simulated GPU" ci/fake-cuda.sh cargo test -q -p cuframes-cli
stage "crashes and campaigns" ci/fake-cuda.sh \
    cargo test -q --release -p cuframes-tests --features gpu -- --test-threads=2
stage "concurrency models" models
stage "conformance" ci/conformance.sh
stage "fuzzing" ci/fuzz.sh "$fuzz_seconds"
# One library for both: cargo would build it once more for another choice of features.
stage "release build" cargo build -q --release -p libcuframes -p cuframes-cli
export CUFRAMES_LIB_DIR=$PWD/target/release
for version in 5.1 7.1; do
    stage "build ffmpeg $version" ffmpeg-filter/build.sh "$version"
    stage "ffmpeg $version" ci/ffmpeg.sh "$version"
done
# It takes the ffmpeg that was just built.
stage "GPU check, simulated" ci/gpu-check.sh --simulated
if $full; then
    stage "V4L2 camera in a virtual machine" ci/v4l2.sh
fi
stage "demonstration" ci/demo.sh
stage "nothing is left" nothing_left
summary
