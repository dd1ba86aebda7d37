#!/usr/bin/env bash
# Publishes a V4L2 camera: the driver vivid, which makes its own pictures, in a virtual machine with
# Debian's kernel. Needs qemu-system-x86, busybox-static, kmod and cpio, and says so if they are not
# there.
#
#   ci/v4l2.sh [FOLDER OF THE PROGRAMS]
set -euo pipefail

cd "$(dirname "$0")/.."
. ci/v4l2_machine.sh
machine_begin
programs=${1:-}
if [ -z "$programs" ]; then
    cargo build -q --release -p cuframes-cli
    programs=$target/release
fi
machine_kernel
machine_add "$programs/cuframes" "$programs/cuframes-media"

# One camera, and nothing else that the driver can be.
vivid='n_devs=1 node_types=1 num_inputs=1 input_types=0'
machine_run 300 <<'INIT'
    cuframes publish --key cam --json --policy strict_wait --strict-timeout 60 \
        --wait-subscribers 1 --frames 20 --stall-timeout 60 \
        --input-option video_size=640x360 --input-option pixel_format=yuyv422 \
        /dev/video0 2>/tmp/said &
    cuframes sub cam --strict --connect-timeout 240 -o /tmp/raw --stats --json
    echo "reader: $?"
    wait $!
    echo "publisher: $?"
    cat /tmp/said
    tail -c 460800 /tmp/raw | row
    stat -c 'bytes: %s' /tmp/raw
INIT

expect '^reader: 0$'
expect '^publisher: 0$'
expect '"frames":20,"missed":0'
expect '"event":"opened".*"address":"/dev/video0"'
expect '"codec":"rawvideo"'
expect '"format":"yuyv422"'
expect '"width":640'
expect '"published":20,"dropped":0'
expect "^bytes: $((20 * 640 * 360 * 2))$"
expect_bars
machine_end
