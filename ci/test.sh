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
    fuzz_seconds=60 gpu_seconds=300
    mkdir -p docs/measurements
    exec > >(tee "docs/measurements/$(date +%F)-full-test.txt") 2>&1
    echo "full test of $(git rev-parse --short HEAD) on $(date +%F): $(nproc) cores, Linux $(uname -r)"
else
    fuzz_seconds=5 gpu_seconds=120
fi

# A run directory and a name space of our own: nothing that runs on this machine is disturbed.
CUFRAMES_RUNTIME_DIR=$(mktemp -d)
export CUFRAMES_RUNTIME_DIR
segments_before=$(ls /dev/shm)
locks() { ls /tmp/zerobuffer 2>/dev/null | grep '^zbtest-' | sort; }
locks_before=$(locks)

models() {
    RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom cargo test -q --release \
        -p libcuframes -p zerobuffer -p vizion --test ring_models --test seqlock_models
}
# Copies, library, command line and what it shares with others: together, since cargo chooses the
# features of what they have in common anew for each set of packages, and builds all of it again where
# the last set was another.
own=(-p cuframes-racing -p libcuframes -p cuframes-program -p cuframes-cli)
vizion=(-p cuframes-v4l2 -p vizion -p vizion-cli -p vizion-streamer -p vizion-pipeline -p vizion-pipeline-events)
# What does not change where there is a GPU, and has been tested without one right before.
no_gpu=(--skip record:: --skip snapshot::colours --skip ingest::files --skip ingest::packets)
cudarc() {
    # The test runs the example, which a test of it would build as another program.
    cargo build -q "${own[@]}" --features libcuframes/cudarc --example subscribe_cudarc &&
        ci/fake-cuda.sh cargo test -q "${own[@]}" --features libcuframes/cudarc --test cuda_cudarc
}
# Show that they work: a quick run holds nothing against its figures.
bridge_benches() {
    cargo build -q --profile campaign -p zerobuffer-benches -p vizion-benches -p vizion-streamer \
        -p frame-lending-benches &&
        target/campaign/zerobuffer-bench --quick && target/campaign/vizion-bench --quick &&
        target/campaign/lending-bench --quick && echo "3 checks passed"
}
zerobuffer() { cargo test -q --profile campaign -p zerobuffer --features failpoints,faults --test "$1"; }
lending_kills() {
    cargo build -q --profile campaign -p cuframes-cli --no-default-features \
        --features frame-lending/failpoints,frame-lending/faults --bin cuframes &&
        cargo test -q --profile campaign -p cuframes-tests --features lending --test kill_lending
}
# Both with all features, and in a directory of their own: the second takes what the first has
# checked, and neither waits for what the tests build.
lints() { CARGO_TARGET_DIR=target/lints cargo clippy -q --workspace --all-targets --all-features -- -D warnings; }
documentation() {
    CARGO_TARGET_DIR=target/lints RUSTDOCFLAGS="-D warnings" \
        cargo doc -q --no-deps --workspace --all-features
}

nothing_left() {
    local left status=0
    left=$(comm -13 <(sort <<<"$segments_before") <(ls /dev/shm | sort))
    [ -z "$left" ] || { echo "left in /dev/shm: $left"; status=1; }
    left=$(comm -13 <(echo "$locks_before") <(locks))
    [ -z "$left" ] || { echo "left in /tmp/zerobuffer: $left"; status=1; }
    left=$(find "$CUFRAMES_RUNTIME_DIR" -type s)
    [ -z "$left" ] || { echo "sockets left: $left"; status=1; }
    left=$(pgrep -f "$PWD/target/.*/(cuframes(-media)?|peer|lending_peer|zerobuffer|vizion(-streamer|-pipeline)?)( |$)")
    [ -z "$left" ] || { echo "processes left: $left"; status=1; }
    cargo run -q --profile campaign -p cuframes-tests --features gpu --bin leftovers || status=1
    rm -rf "$CUFRAMES_RUNTIME_DIR"
    [ $status = 0 ] && echo "5 checks passed"
    return $status
}

# Most tests wait more than they calculate.
export RUST_TEST_THREADS=$(($(nproc) + 1))

stage "install" ci/install.sh
stage "format" cargo fmt --all --check
stage "examples in the README" ci/readme.py --check
stage "release build" cargo build -q --release "${own[@]}"
export CUFRAMES_LIB_DIR=$PWD/target/release
# The time that the tests leave goes to what takes long to build; its own stages, below, wait for it
# and tell of it. It is a session of its own, with the lowest share that the scheduler gives to one:
# what tests start in sessions of their own would have to share evenly with it.
background() {
    renice -n 19 "$BASHPID"
    [ ! -w "/proc/$BASHPID/autogroup" ] || echo 19 >"/proc/$BASHPID/autogroup"
    for version in 5.1 7.1; do ffmpeg-filter/build.sh "$version"; done
    lints
    documentation
}
export -f background lints documentation
setsid bash -c background >"$logs/background" 2>&1 </dev/null &
trap 'kill -- -'$!' 2>/dev/null; rm -rf "$logs"' EXIT
# First on a machine without a GPU and without a driver, as most are.
stage "library and command line" cargo test -q "${own[@]}" --lib --bins --tests
stage "examples in the documentation" cargo test -q "${own[@]}" --doc
stage "simulated GPU" cargo test -q -p fake-cuda -p fake-cuvid
stage "simulated GPU and its peers" ci/fake_cuda_peers.sh
stage "the same on a simulated GPU" ci/fake-cuda.sh cargo test -q "${own[@]}" --lib --bins --tests -- "${no_gpu[@]}"
stage "cudarc's streams" cudarc
# After what else is built with the profile of developers: this builds its library anew.
stage "ZeroBuffer" cargo test -q -p zerobuffer -p zerobuffer-peer -p cuframes-failpoint
stage "ZeroBuffer's duplex channel, with faults" \
    cargo test -q -p zerobuffer --features faults --test duplex controls
stage "ZeroBuffer's command line" cargo test -q -p zerobuffer-cli --bins --test cli
stage "VizionStreamer" cargo test -q "${vizion[@]}" --features vizion/faults
stage "frame lending" cargo test -q -p frame-lending -p cuframes-socket
stage "frame lending in Python" ci/lending_python.sh
stage "V4L2 camera in a virtual machine" ci/v4l2.sh target/release
stage "VizionStreamer's V4L2 camera" ci/vizion_v4l2.sh
stage "lent DMA-BUFs in a virtual machine" ci/lending_dma_buf.sh target/release
stage "ZeroBuffer between languages" cargo test -q --profile campaign \
    -p zerobuffer-cli --features faults --test interop
stage "ZeroBuffer's scenarios" zerobuffer scenarios
stage "ZeroBuffer's kills" zerobuffer kills
stage "frame lending's kills" lending_kills
stage "crashes and campaigns" ci/fake-cuda.sh \
    cargo test -q --profile campaign -p cuframes-tests --features gpu -- --test-threads=2
# Both wait more than they calculate; what follows calculates.
for version in 5.1 7.1; do
    stage "build ffmpeg $version" ffmpeg-filter/build.sh "$version"
    meanwhile "ffmpeg $version" ci/ffmpeg.sh "$version"
done
stage "concurrency models" models
stage "clippy" lints
stage "documentation" documentation
stage "conformance" ci/conformance.sh
stage "fuzzing" ci/fuzz.sh "$fuzz_seconds"
for version in 5.1 7.1; do join "ffmpeg $version"; done
# Both take the ffmpeg that was just built. The second links the command line anew, with what benches
# want of it: nobody may be running it then.
stage "demonstration" ci/demo.sh
meanwhile "GPU check, simulated" ci/gpu-check.sh --simulated --budget "$gpu_seconds"
stage "the bridges' benches" bridge_benches
join "GPU check, simulated"
stage "nothing is left" nothing_left
summary
