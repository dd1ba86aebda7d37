#!/usr/bin/env bash
# Checks and measures cuframes on a machine with an NVIDIA GPU, in one call, and writes a table.
#
#   ci/gpu-check.sh --build DIR    builds the programs that it needs; this wants cargo
#   ci/gpu-check.sh [--bin DIR]    runs them; this wants the driver and a shell, no cargo, no network
#
#   --bin DIR          the programs that --build has made (target/gpu-check if not said otherwise)
#   --budget SECONDS   how long it may take in all (600; simulated 300). Campaigns do as much of
#                      their stated counts as there is time for, and the table says how much
#   --out DIR          where DATE-gpu.md is written (docs/measurements; simulated: beside --bin)
#   --simulated        the same on the simulated driver: it shows that this script works, and its
#                      figures mean nothing. Builds what it needs
#   -h, --help         this text
#
# The programs find each other in their own folder. They are told by CUFRAMES_PROGRAM where the
# command line is, by CUFRAMES_PROBE where the helper of the probe is, by CUFRAMES_SECONDS how long
# a campaign may take, and by CUFRAMES_FULL that it is to be the stated counts.
#
# Each part has a time-out. The last line is `N passed, N failed, N skipped`; the exit status is 1
# if a part failed, and 77 if there is no GPU.
set -uo pipefail
root=$(realpath "$(dirname "$0")/..")

usage() { sed -n '2,/^set/{/^set/d; s/^# \{0,1\}//; p}' "$0"; }
wrong() {
    echo "gpu-check.sh: $1 (--help says more)" >&2
    exit 2
}

build=
bin=
budget=
out=
simulated=false
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage && exit ;;
        --simulated) simulated=true && shift && continue ;;
        --build | --bin | --budget | --out) [ $# -ge 2 ] || wrong "$1 wants a value" ;;&
        --build) build=$2 ;;
        --bin) bin=$(realpath -m "$2") ;;
        --budget) budget=$2 ;;
        --out) out=$(realpath -m "$2") ;;
        *) wrong "unknown option $1" ;;
    esac
    shift 2
done
[[ ${budget:-1} =~ ^[1-9][0-9]*$ ]] || wrong "--budget wants a number of seconds"

# What the build has made: test programs by the name of their target, and the helper.
# shellcheck disable=SC2016
programs='
import json, sys
for line in sys.stdin:
    made = json.loads(line)
    if not made.get("executable"):
        continue
    name, kind = made["target"]["name"], made["target"]["kind"]
    if kind == ["test"] or (kind == ["bin"] and not made["profile"]["test"]):
        print(name, made["executable"])
'

# add_ffmpeg DIR TARGET: a patched ffmpeg with its libraries, and a clip for it to decode.
add_ffmpeg() {
    local ffmpeg
    ffmpeg=$(CUFRAMES_LIB_DIR=$2 ffmpeg-filter/build.sh 7.1 | tail -n 1) &&
        rm -rf "$1/ffmpeg" && mkdir "$1/ffmpeg" &&
        cp "$ffmpeg" "$(dirname "$ffmpeg")"/../lib/*.so.[0-9]* "$1/ffmpeg" &&
        cp "$(ci/clip.sh)" "$1/clip.mp4"
}

# build_into DIR: the tests by themselves and with a profile of their own, as they compile points of
# death into the library. The others all at once: cargo chooses the features of what they share.
build_into() {
    local name file target
    local shipped=(--release -p libcuframes -p cuframes-cli -p cuframes-benches)
    target=$(cd "$root" && realpath -m "${CARGO_TARGET_DIR:-target}")/release
    mkdir -p "$1"
    (
        cd "$root" &&
            cargo build -q "${shipped[@]}" &&
            cp "$target"/{bench,cuframes,cuframes-ipc-probe} "$1" &&
            add_ffmpeg "$1" "$target" &&
            cargo test -q "${shipped[@]}" --test cli --no-run --message-format=json &&
            cargo test -q --profile campaign -p cuframes-tests --features gpu --no-run \
                --message-format=json
    ) >"$1/made.json" || return 1
    python3 -c "$programs" <"$1/made.json" | while read -r name file; do
        case $name in gpu_* | cli) cp "$file" "$1/$name" ;; esac
    done
    rm "$1/made.json"
    find "$1" -type f ! -name '*.mp4' -exec strip {} +
    echo "$(du -sh "$1" | cut -f 1) in $1: $(cd "$1" && echo *)"
}

if [ -n "$build" ]; then
    build_into "$(realpath -m "$build")"
    exit
fi
if $simulated && [ -z "${FAKE_CUDA_DIR:-}" ]; then
    if [ -z "$bin" ]; then
        bin=$(cd "$root" && realpath -m "${CARGO_TARGET_DIR:-target}")/gpu-check
        build_into "$bin" || exit 1
    fi
    exec "$root/ci/fake-cuda.sh" "$0" --simulated --bin "$bin" --budget "${budget:-300}" \
        --out "${out:-$bin-simulated}"
fi

budget=${budget:-600}
bin=${bin:-$root/target/gpu-check}
out=${out:-$root/docs/measurements}
for name in cuframes cuframes-ipc-probe bench cli gpu_{peer,kernels,controls,frames,edges,kills,questions} \
    ffmpeg/ffmpeg; do
    [ -x "$bin/$name" ] || wrong "there is no $bin/$name: ci/gpu-check.sh --build makes it"
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CUFRAMES_PROGRAM=$bin/cuframes CUFRAMES_PROBE=$bin/cuframes-ipc-probe
export CUFRAMES_RUNTIME_DIR=$work/run RUST_BACKTRACE=0
mkdir "$CUFRAMES_RUNTIME_DIR"
$simulated || export CUFRAMES_FULL=1 CUFRAMES_REAL_GPU=1
source "$root/ci/gpu_check_parts.sh"

if ! look_at_machine; then
    echo "skipped: everything: $reason"
    echo "0 passed, 0 failed, 1 skipped"
    exit 77
fi
run_all
write_table
echo "table: $table"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
