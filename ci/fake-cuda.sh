#!/usr/bin/env bash
# Runs a command on a simulated GPU: the driver and NVDEC of conformance/fake-cuda.
#
#   ci/fake-cuda.sh [OPTION...] COMMAND [ARGUMENT...]
#
#   --delay-us N      each piece of work of a stream begins up to N microseconds late
#   --seed N          makes the delays, which are random, repeat themselves
#   --devices N       number of GPUs (2 if not said otherwise)
#   --fault SPEC      lets calls fail; see conformance/fake-cuda/README.md
#   --report FILE     writes what was allocated, freed and left, by kind
#   --missing A,B     a driver, or decoder, without these functions
#   --without cuvid   a machine without NVDEC's library
#   -h, --help        this text
#
# The command and all its children see libcuda.so.1 and libnvcuvid.so.1 on LD_LIBRARY_PATH, and
# one simulated machine of their own, which ends with the command. What processes that ended
# normally have left on the GPU is then told, and makes the run fail. The exit status is that of
# the command if it is not 0. Libraries and tools are built first, unless FAKE_CUDA_BUILT names
# the folder where they are.
set -euo pipefail

usage() { sed -n '2,/^set/{/^set/d; s/^# \{0,1\}//; p}' "$0"; }
wrong() {
    echo "fake-cuda.sh: $1 (--help says more)" >&2
    exit 2
}

missing=
cuvid=true
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage && exit ;;
        --) shift && break ;;
        --*) [ $# -ge 2 ] || wrong "$1 wants a value" ;;&
        --delay-us) export FAKE_CUDA_DELAY_US=$2 ;;
        --seed) export FAKE_CUDA_SEED=$2 ;;
        --devices) export FAKE_CUDA_DEVICES=$2 ;;
        --fault) export FAKE_CUDA_FAULT=$2 ;;
        --report) FAKE_CUDA_REPORT=$(realpath -m "$2") && export FAKE_CUDA_REPORT ;;
        --missing) missing=$2 ;;
        --without) [ "$2" = cuvid ] && cuvid=false || wrong "--without knows only cuvid" ;;
        -*) wrong "unknown option $1" ;;
        *) break ;;
    esac
    shift 2
done
[ $# -gt 0 ] || wrong "no command"

root=$(realpath "$(dirname "$0")/..")
built=${FAKE_CUDA_BUILT:-}
if [ -z "$built" ]; then
    built=$(cd "$root" && realpath -m "${CARGO_TARGET_DIR:-target}")/release
    (cd "$root" && cargo build -q --release -p fake-cuda -p fake-cuvid)
fi
# Tests that make machines of their own read the books of each.
FAKE_CUDA_BUILT=$(realpath "$built")
export FAKE_CUDA_BUILT

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export FAKE_CUDA_DIR=$work/machine
mkdir "$work/lib" "$FAKE_CUDA_DIR"
cp "$built/libfake_cuda.so" "$work/lib/libcuda.so.1"
ln -s libcuda.so.1 "$work/lib/libcuda.so"
libraries=("$work/lib/libcuda.so.1")
if $cuvid; then
    cp "$built/libfake_cuvid.so" "$work/lib/libnvcuvid.so.1"
    ln -s libnvcuvid.so.1 "$work/lib/libnvcuvid.so"
    libraries+=("$work/lib/libnvcuvid.so.1")
fi
for symbol in ${missing//,/ }; do
    "$built/fake-cuda-strip" "$symbol" "${libraries[@]}"
done

status=0
LD_LIBRARY_PATH=$work/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$@" || status=$?
books=0
"$built/fake-cuda-books" "$FAKE_CUDA_DIR" >&2 || books=$?
[ $status -ne 0 ] && exit $status
exit $books
