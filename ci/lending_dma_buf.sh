#!/usr/bin/env bash
# Lends frames in DMA-BUFs of a real kernel: of /dev/udmabuf, of a DMA heap, and of the camera driver
# vivid, in a virtual machine with Debian's kernel. Needs what ci/install.sh installs, and says so if
# it is not there.
#
#   ci/lending_dma_buf.sh [FOLDER OF THE PROGRAMS]
set -euo pipefail

cd "$(dirname "$0")/.."
. ci/v4l2_machine.sh
machine_begin cc v4l2-ctl /usr/bin/python3
programs=${1:-}
if [ -z "$programs" ]; then
    cargo build -q --release -p cuframes-cli --bin cuframes
    programs=$target/release
fi
tests=$(cargo test -q -p frame-lending --features machine --test machine --no-run --message-format=json |
    sed -n 's/.*"name":"machine".*"executable":"\([^"]*\)".*/\1/p')
machine_kernel
cp "$tests" "$work/lending"
machine_add "$work/lending" "$programs/cuframes" v4l2-ctl
mkdir -p "$root/share"
cp -r bridges/dmabuf/tests/machine/*.py bridges/dmabuf/python/frame_lending "$root/share"
cc -shared -fPIC -o "$root/share/no_sync.so" bridges/dmabuf/tests/machine/no_sync.c
PYTHONPATH=bridges/dmabuf/python machine_python bridges/dmabuf/tests/machine/*.py

vivid='n_devs=2 node_types=1,1 num_inputs=1,1 input_types=0,0 multiplanar=1,2'
machine_run 300 <<'INIT'
    mount -t debugfs none /sys/kernel/debug
    mount -t tracefs none /sys/kernel/tracing
    lending --test-threads 1 2>&1
    echo "tests: $?"
    # What the tests do not see: memory of processes that are gone.
    sed -n 's/^Total/left:/p' /sys/kernel/debug/dma_buf/bufinfo
    ls /dev/shm | sed 's/^/left in shared memory: /'
INIT

told_lines=300
expect '^tests: 0$'
expect '^left: 0 objects, 0 bytes$'
if grep '^left in shared memory' "$work/told"; then
    exit 1
fi
expect '^test result: ok. 14 passed; 0 failed; 0 ignored;'
checks=$((checks + 13))
machine_end
