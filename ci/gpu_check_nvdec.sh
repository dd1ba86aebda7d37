#!/usr/bin/env bash
# Decodes a clip on NVDEC with the patched ffmpeg of a GPU check, publishes the surfaces, and reads
# them in another process: the same frames as the same decoder gives without cuframes, every one.
#
#   gpu_check_nvdec.sh BIN FILTER-OPTIONS
set -euo pipefail
bin=$1
options=$2
work=$(mktemp -d)
reader=
# When ffmpeg fails, the reader still waits for its key to come back.
trap '[ -z "$reader" ] || kill "$reader" 2>/dev/null || true; rm -rf "$work"' EXIT
export CUFRAMES_RUNTIME_DIR=$work

decode() {
    LD_LIBRARY_PATH=$bin/ffmpeg${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$bin/ffmpeg/ffmpeg" \
        -nostdin -hide_banner -hwaccel cuda -hwaccel_output_format cuda -i "$bin/clip.mp4" -an "$@"
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
reader=$!
decode -vf "cuframes_out=key=nvdec:policy=strict_wait:wait_subscribers=1$options" -f null - \
    2>"$work/log" || { cat "$work/log"; exit 1; }
wait "$reader"
reader=

read=$(hashes "$work/read" | wc -l)
if [ "$read" != "$frames" ] || [ "$frames" -lt 100 ] || ! cmp <(hashes "$work/wanted") <(hashes "$work/read"); then
    echo "$read frames of $frames were read, or not the same"
    exit 1
fi
echo "COUNT $frames frames, $(grep -ao 'memory [a-z_]*, sync [a-z]*, .*cop[yies]* a frame' "$work/log")," \
    "$(grep -ao '[0-9]* copies' "$work/log" | tail -n 1), md5 as from the decoder"
