#!/usr/bin/env bash
# Decodes a clip on NVDEC with the patched ffmpeg of a GPU check, publishes the surfaces, and reads
# them in two other processes, one of them an ffmpeg whose input they are: the same frames as the
# same decoder gives without cuframes, every one.
#
#   gpu_check_nvdec.sh BIN FILTER-OPTIONS
set -euo pipefail
bin=$1
options=$2
work=$(mktemp -d)
readers=()
# When ffmpeg fails, the readers still wait for their key to come back.
trap '[ ${#readers[@]} -eq 0 ] || kill "${readers[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
export CUFRAMES_RUNTIME_DIR=$work

ffmpeg() {
    LD_LIBRARY_PATH=$bin/ffmpeg${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} exec "$bin/ffmpeg/ffmpeg" \
        -nostdin -hide_banner "$@"
}
decode() {
    (ffmpeg -hwaccel cuda -hwaccel_output_format cuda -i "$bin/clip.mp4" -an "$@")
}
hashes() { grep -v '^#' "$1" | awk '{print $NF}'; }

if ! decode -vf hwdownload,format=nv12 -f framemd5 "$work/wanted" 2>"$work/log"; then
    if grep -q 'Cannot load libnvcuvid' "$work/log"; then
        echo "skipped: NVDEC: this machine has no libnvcuvid.so.1"
        exit
    fi
    cat "$work/log"
    exit 1
fi
frames=$(hashes "$work/wanted" | wc -l)

"$bin/cuframes" sub nvdec --strict --cuda --connect-timeout 30 --framemd5 -o "$work/read" -q &
readers+=($!)
ffmpeg -strict 1 -timeout 30 -output cuda -i cuframes://nvdec -vf hwdownload,format=nv12 \
    -fps_mode passthrough -f framemd5 "$work/demuxed" 2>"$work/demuxing" &
readers+=($!)
decode -vf "cuframes_out=key=nvdec:policy=strict_wait:wait_subscribers=2$options" -f null - \
    2>"$work/log" || { cat "$work/log" "$work/demuxing"; exit 1; }
for reader in "${readers[@]}"; do
    wait "$reader" || { cat "$work/demuxing"; exit 1; }
done
readers=()

for way in read demuxed; do
    count=$(hashes "$work/$way" | wc -l)
    if [ "$count" != "$frames" ] || [ "$frames" -lt 100 ] ||
        ! cmp <(hashes "$work/wanted") <(hashes "$work/$way"); then
        echo "$count frames of $frames were $way, or not the same"
        exit 1
    fi
done
echo "COUNT $frames frames, $(grep -ao 'memory [a-z_]*, sync [a-z]*, .*cop[yies]* a frame' "$work/log")," \
    "$(grep -ao '[0-9]* copies' "$work/log" | tail -n 1), md5 as from the decoder"
