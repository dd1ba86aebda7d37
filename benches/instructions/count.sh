#!/usr/bin/env bash
# Counts instructions of libcuframes for a frame, for each kind of memory and order, by valgrind.
#
#   ci/fake-cuda.sh benches/instructions/count.sh
#
# Counted is what the thread that calls executes inside the library, not what the driver, libc and
# the kernel do for it: so the counts are the same on a simulated GPU. They are those of 1000
# frames less those of 500, divided by 500, the median of five such runs: a slot that a stream gives
# back a moment later is looked at once more. With sync cpu another thread makes frames visible;
# what that one does is not counted.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/../.."
command -v valgrind >/dev/null || { echo "valgrind is not installed" >&2; exit 1; }
built=$(realpath "${CARGO_TARGET_DIR:-target}")/release
[ -e "$built/libcuframes.so" ] || cargo build -q --release -p libcuframes

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CUFRAMES_RUNTIME_DIR=$work
cp "$built/libcuframes.so" "$work/libcuframes.so.0"
ln -s libcuframes.so.0 "$work/libcuframes.so"
IFS=: read -ra folders <<<"${LD_LIBRARY_PATH:-}"
gcc -std=c99 -O2 -Wall -Wextra -Werror benches/instructions/frames.c -o "$work/frames" \
    -isystem "$(ci/cuda_header.sh)" -Iinclude -L"$work" "${folders[@]/#/-L}" -lcuframes -lcuda \
    -Wl,-rpath,"$work"

# counted MEMORY SYNC FRAMES publish|read: instructions of the library in the calling thread.
counted() {
    rm -f "$work"/out*
    valgrind -q --tool=callgrind --separate-threads=yes --callgrind-out-file="$work/out" \
        "$work/frames" "count-$$" "$@" >&2
    callgrind_annotate --threshold=100 "$work/out-01" |
        awk '/\[.*libcuframes\.so\.0\]$/ { gsub(",", "", $1); sum += $1 } END { print sum + 0 }'
}

# per_frame MEMORY SYNC publish|read
per_frame() {
    local less more
    for _ in 1 2 3 4 5; do
        less=$(counted "$1" "$2" 500 "$3")
        more=$(counted "$1" "$2" 1000 "$3")
        [ "$less" -gt 0 ] || { echo "nothing was counted" >&2; exit 1; }
        echo $(((more - less) / 500))
    done | sort -n | sed -n 3p
}

echo "| memory | sync | to publish | to read |"
echo "|---|---|---|---|"
for pair in host:cpu cuda_ipc:{cpu,event,timeline} cuda_vmm:{cpu,event,timeline}; do
    memory=${pair%:*} sync=${pair#*:}
    publish=$(per_frame "$memory" "$sync" publish)
    both=$(per_frame "$memory" "$sync" read)
    echo "| $memory | $sync | $publish | $((both - publish)) |"
done
