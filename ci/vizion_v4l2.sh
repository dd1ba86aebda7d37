#!/usr/bin/env bash
# VizionStreamer's V4L2 cameras at the driver vivid, in a virtual machine with Debian's kernel: the
# cameras by themselves, and then the daemon with one. Needs what ci/install.sh installs, and says
# so if it is not there.
#
#   ci/vizion_v4l2.sh
set -euo pipefail

cd "$(dirname "$0")/.."
. ci/v4l2_machine.sh
machine_begin v4l2-ctl
cargo build -q -p vizion-streamer -p vizion-cli
tests=$(cargo test -q -p vizion-streamer --features vivid --test vivid --no-run --message-format=json |
    sed -n 's/.*"name":"vivid".*"executable":"\([^"]*\)".*/\1/p')
machine_kernel
cp "$tests" "$work/vivid"
machine_add "$work/vivid" "$target/debug/vizion-streamer" "$target/debug/vizion" v4l2-ctl

# Two webcams: one as most are, and one whose pictures may lie in more than one piece of memory.
vivid='n_devs=2 node_types=1,1 num_inputs=1,1 input_types=0,0 multiplanar=1,2'
machine_run 300 <<'INIT'
    vivid --test-threads 1 2>&1
    echo "tests: $?"

    # Waits until a command succeeds: 30 s at most.
    await() {
        for turn in $(seq 150); do
            "$@" && return
            sleep 0.2
        done
        echo "never came: $*"
    }
    status_has() { vizion --json status | grep -q "$1"; }
    status_lacks() { ! status_has "$1"; }

    export VIZION_SOCKET=/tmp/control
    vizion-streamer --camera v4l2:/dev/video0 --socket $VIZION_SOCKET --pipeline '' --rtsp off \
        --quiet >/tmp/log 2>&1 &
    await [ -S $VIZION_SOCKET ]
    vizion formats >/tmp/ours
    v4l2-ctl -d /dev/video0 --list-formats-ext >/tmp/theirs
    # Each time between frames of each size of each format.
    awk '/\]: /{ ours = /YUYV|UYVY|NV12|BGR3|RGB3/ } ours && /Interval:/ { n++ }
        END { print "formats of v4l2-ctl: " n }' /tmp/theirs
    echo "formats of the daemon: $(grep -c '@' /tmp/ours)"
    grep '640x360@30' /tmp/ours

    vizion set-format '640x360@30 YUY2'
    vizion enable-shared-memory /cam
    vizion start
    vizion read /cam -n 20 --timeout 30 --json >/tmp/read
    echo "reader: $?, $(wc -l </tmp/read) frames"
    tail -n 1 /tmp/read
    vizion read /cam -n 1 --timeout 30 --raw -o /tmp/raw
    stat -c 'bytes: %s' /tmp/raw
    row </tmp/raw

    vizion set-brightness 200
    echo "another program: $(v4l2-ctl -d /dev/video0 -C brightness)"
    v4l2-ctl -d /dev/video0 -c brightness=77
    echo "the daemon: $(vizion --json get-control brightness)"
    vizion set-sharpness 1 2>&1
    vizion --json set-gain 999 2>&1

    echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind
    await status_has camera_error
    echo "unplugged: $(vizion --json status)"
    vizion set-brightness 100 2>&1 | sed 's/^/unplugged: /'
    echo vivid.0 >/sys/bus/platform/drivers/vivid/bind
    await status_lacks camera_error
    echo "plugged in: $(vizion --json status)"
    vizion read /cam -n 10 --timeout 30 >/dev/null
    echo "reader again: $?"
    echo "numbers: $(vizion --json stats)"
    vizion stop
    kill %1
    wait %1
    echo "daemon: $?"
    cat /tmp/log
INIT

told_lines=300
expect '^tests: 0$'
expect '^test result: ok. 19 passed; 0 failed; 0 ignored;'
checks=$((checks + $(grep -c '^test .* \.\.\. ok$' "$work/told")))
theirs=$(sed -n 's/^formats of v4l2-ctl: //p' "$work/told")
[ "$theirs" -ge 100 ]
expect "^formats of the daemon: $theirs\$"
expect '^640x360@30 NV12$'
expect '^reader: 0, 20 frames$'
expect '"width":640,"height":360,"format":"YUY2","size":460800'
expect '^bytes: 460800$'
expect_bars
expect '^another program: brightness: 200$'
expect '^the daemon: .*"name":"brightness","min":0,"max":255,"step":1,"default":128,"value":77,'
expect 'set_sharpness: camera vivid has no control sharpness'
expect '"message":"gain 999 is out of range; use 0 to 255","code":"out_of_range"'
expect '^unplugged: .*"state":"streaming","camera_error":"camera v4l2:/dev/video0 is gone: '
expect '^unplugged: .*set_brightness: camera v4l2:/dev/video0 is gone: '
expect '^plugged in: {"status":"success","streaming":true,"pipeline":"","state":"streaming"}$'
expect '^reader again: 0$'
expect '"camera_losses":1,'
expect '^daemon: 143$'
expect 'WARN.* camera v4l2:/dev/video0 is gone: .*; looking for it again$'
machine_end
