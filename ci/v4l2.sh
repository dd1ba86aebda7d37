#!/usr/bin/env bash
# Publishes a V4L2 camera: the driver vivid, which makes its own pictures, in a virtual machine with
# Debian's kernel. Needs qemu-system-x86, busybox-static, kmod and cpio, and says so if they are not
# there.
#
#   ci/v4l2.sh [FOLDER OF THE PROGRAMS]
set -euo pipefail

cd "$(dirname "$0")/.."
for tool in qemu-system-x86_64 busybox modprobe depmod cpio; do
    if ! PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null; then
        echo "skipped: no $tool; install qemu-system-x86 busybox-static kmod cpio"
        exit 77
    fi
done
PATH=$PATH:/usr/sbin:/sbin
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
programs=${1:-}
if [ -z "$programs" ]; then
    cargo build -q --release -p cuframes-cli
    programs=$target/release
fi
cache=$target/v4l2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The kernel that Debian's metapackage names, kept for the next time.
package=$(apt-cache depends linux-image-amd64 | awk '$1 == "Depends:" { print $2; exit }')
version=${package#linux-image-}
if [ ! -e "$cache/$version/boot/vmlinuz-$version" ]; then
    mkdir -p "$cache"
    (cd "$work" && apt-get download -qq -o APT::Sandbox::User=root "$package")
    rm -rf "$cache/$version.new"
    dpkg-deb -x "$work/$package"_*.deb "$cache/$version.new"
    depmod -b "$cache/$version.new" "$version"
    mv "$cache/$version.new" "$cache/$version"
fi
kernel=$cache/$version

# A root file system of busybox, the programs, and every library that they are linked with.
root=$work/root
mkdir -p "$root"/{bin,proc,sys,dev,tmp,modules}
cp "$(command -v busybox)" "$root/bin/"
cp "$programs/cuframes" "$programs/cuframes-media" "$root/bin/"
ldd "$root/bin/cuframes" "$root/bin/cuframes-media" | grep -o '/[^ ]*\.so[^ ]*' | sort -u |
    while read -r library; do
        install -D "$library" "$root$library"
    done
number=0
modprobe -d "$kernel" -S "$version" --show-depends vivid | awk '$1 == "insmod" { print $2 }' |
    while read -r module; do
        number=$((number + 1))
        cp "$module" "$root/modules/$(printf %02d $number)-$(basename "$module")"
    done

cat >"$root/init" <<'INIT'
#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mkdir -p /dev/shm
mount -t tmpfs none /dev/shm
for module in /modules/*; do
    case $module in
        # One camera, and nothing else that the driver can be.
        *vivid.ko) insmod "$module" n_devs=1 node_types=1 num_inputs=1 input_types=0 ;;
        *) insmod "$module" ;;
    esac
done
export CUFRAMES_RUNTIME_DIR=/tmp/run
mkdir /tmp/run
{
    cuframes publish --key cam --json --policy strict_wait --strict-timeout 60 \
        --wait-subscribers 1 --frames 20 --stall-timeout 60 \
        --input-option video_size=640x360 --input-option pixel_format=yuyv422 \
        /dev/video0 2>/tmp/said &
    cuframes sub cam --strict --connect-timeout 240 -o /tmp/raw --stats --json
    echo "reader: $?"
    wait $!
    echo "publisher: $?"
    cat /tmp/said
    # The last picture's 301st row, below all that the driver writes into it: its pairs of pixels.
    tail -c 460800 /tmp/raw | dd bs=1280 skip=300 count=1 2>/dev/null |
        hexdump -v -e '4/1 "%02x" "\n"' | uniq -c | sed 's/^/row:/'
    stat -c 'bytes: %s' /tmp/raw
} >/dev/ttyS0 2>&1
poweroff -f
INIT
chmod +x "$root/init"
(cd "$root" && find . | cpio --quiet -o -H newc) >"$work/initramfs"

# Without KVM, as many machines that test have none.
timeout --kill-after=5 300 qemu-system-x86_64 -machine q35,accel=tcg -cpu max -smp 2 -m 2048 \
    -kernel "$kernel/boot/vmlinuz-$version" -initrd "$work/initramfs" \
    -append "console=ttyS0 quiet panic=-1" -nographic -no-reboot -nic none \
    >"$work/console" 2>&1 </dev/null || true
tr -d '\r' <"$work/console" >"$work/told"

checks=0
expect() {
    if ! grep -q -- "$1" "$work/told"; then
        echo "missing: $1"
        tail -n 60 "$work/told"
        exit 1
    fi
    checks=$((checks + 1))
}
expect '^reader: 0$'
expect '^publisher: 0$'
expect '"frames":20,"missed":0'
expect '"event":"opened".*"address":"/dev/video0"'
expect '"codec":"rawvideo"'
expect '"format":"yuyv422"'
expect '"width":640'
expect '"published":20,"dropped":0'
expect "^bytes: $((20 * 640 * 360 * 2))$"
# Eight bars, of which one may begin on the right and go on on the left.
bars=$(awk '$1 == "row:" && $2 >= 8 { print $3 }' "$work/told" | sort -u | wc -l)
if [ "$bars" -ne 8 ]; then
    echo "$bars colour bars in the picture, and not 8"
    grep '^row:' "$work/told"
    exit 1
fi
echo "$((checks + 1)) checks passed"
