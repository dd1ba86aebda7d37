# A virtual machine with Debian's kernel and the camera driver vivid, which makes its own pictures:
# for the scripts that are run in it. To be sourced in the root of the repository.
#
#   machine_begin               sets $target and $work, a folder that goes away at the end
#   machine_kernel              fetches the kernel, and keeps it under $target for the next time
#   machine_add PROGRAM...      puts programs, and what they are linked with, into its root
#   machine_python FILE...      puts python3 there, with what programs import of its library
#   machine_run SECONDS         runs the init script on standard input: $work/told is what it said
#   expect PATTERN              one check: a line that was said
#   expect_bars                 one check: eight colours in what `row` said
#   machine_end                 says how many checks passed

machine_begin() {
    local tool
    PATH=$PATH:/usr/sbin:/sbin
    for tool in qemu-system-x86_64 busybox modprobe depmod cpio "$@"; do
        if ! command -v "$tool" >/dev/null; then
            echo "skipped: no $tool; install what ci/install.sh names"
            exit 77
        fi
    done
    target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    root=$work/root
    checks=0
    mkdir -p "$root"/{bin,proc,sys,dev,tmp,modules}
    machine_add busybox
}

# The kernel that Debian's metapackage names. Debian 12's first one, 6.1, makes no DMA-BUFs of memory.
machine_kernel() {
    local package cache=$target/v4l2 number=0 module
    package=$({ apt-cache depends linux-image-6.12-amd64 || apt-cache depends linux-image-amd64 ||
        true; } 2>/dev/null | awk '$1 == "Depends:" { print $2; exit }')
    if [ -z "$package" ]; then
        echo "skipped: apt knows no linux-image-amd64; apt-get update, on an amd64 machine"
        exit 77
    fi
    version=${package#linux-image-}
    kernel=$cache/$version
    if [ ! -e "$kernel/boot/vmlinuz-$version" ]; then
        mkdir -p "$cache"
        (cd "$work" && apt-get download -qq -o APT::Sandbox::User=root "$package")
        rm -rf "$kernel.new"
        dpkg-deb -x "$work/$package"_*.deb "$kernel.new"
        depmod -b "$kernel.new" "$version"
        mv "$kernel.new" "$kernel"
    fi
    modprobe -d "$kernel" -S "$version" --show-depends vivid | awk '$1 == "insmod" { print $2 }' |
        while read -r module; do
            number=$((number + 1))
            # busybox inserts no module that is packed.
            case $module in
                *.xz) xz -dc "$module" ;;
                *) cat "$module" ;;
            esac >"$root/modules/$(printf %02d $number)-$(basename "${module%.xz}")"
        done
}

machine_add() {
    local program
    for program in "$@"; do
        program=$(command -v "$program")
        # What is unpacked there is unpacked slowly.
        strip --strip-debug -o "$root/bin/${program##*/}" "$program"
        machine_libraries "$program"
    done
}

# What a program or a library is linked with.
machine_libraries() {
    local library
    # One without libraries of others has no such lines.
    { ldd "$1" || true; } 2>/dev/null | { grep -o '/[^ ]*\.so[^ ]*' || true; } | sort -u |
        while read -r library; do
            [ -e "$root$library" ] || install -D "$library" "$root$library"
        done
}

# Of python's library those modules that python loads when it starts, and those that the files need
# for what they import at the beginnings of lines. Their other modules are not the library's.
machine_python() {
    local file
    machine_add /usr/bin/python3
    {
        echo "import encodings.ascii, encodings.latin_1, encodings.utf_8, sys"
        grep -hE '^(import|from) ' "$@"
        # With what it made of them already, which is as new as they are.
        echo 'for module in list(sys.modules.values()):'
        echo '    for name in "__file__", "__cached__": print(getattr(module, name, None) or "")'
    } | /usr/bin/python3 -B - | grep '^/' | { grep -v "^$PWD/" || true; } | sort -u |
        while read -r file; do
            [ -e "$file" ] || continue
            install -p -D "$file" "$root$file"
            case $file in
                *.so) machine_libraries "$file" ;;
            esac
        done
}

# What is said on standard output before `init` on standard input: file systems, and the driver
# with the options in $vivid.
machine_init() {
    cat <<INIT
#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mkdir -p /dev/shm
mount -t tmpfs none /dev/shm
for module in /modules/*; do
    case \$module in
        *vivid.ko) insmod "\$module" $vivid ;;
        *) insmod "\$module" ;;
    esac
done
export CUFRAMES_RUNTIME_DIR=/tmp/run
mkdir /tmp/run
INIT
    cat <<'INIT'
# The pairs of pixels in a row of a YUY2 picture of 640 pixels on standard input. It is below all
# that the driver writes into its pictures.
row() {
    dd bs=1280 skip=300 count=1 2>/dev/null | hexdump -v -e '4/1 "%02x" "\n"' | uniq -c |
        sed 's/^/row:/'
}
{
INIT
    cat
    cat <<'INIT'
} >/dev/ttyS0 2>&1
poweroff -f
INIT
}

# Without KVM, as many machines that test have none. Of several threads, one may run code that
# another's processor is just changing, as the kernel does in itself.
machine_run() {
    machine_init >"$root/init"
    chmod +x "$root/init"
    (cd "$root" && find . | cpio --quiet -o -H newc) >"$work/initramfs"
    timeout --kill-after=5 "$1" qemu-system-x86_64 -machine q35 -accel tcg,thread=single -cpu max -smp 2 -m 2048 \
        -kernel "$kernel/boot/vmlinuz-$version" -initrd "$work/initramfs" \
        -append "console=ttyS0 quiet loglevel=1 panic=-1" -nographic -no-reboot -nic none \
        >"$work/console" 2>&1 </dev/null || true
    tr -d '\r' <"$work/console" >"$work/told"
}

expect() {
    if ! grep -q -- "$1" "$work/told"; then
        echo "missing: $1"
        tail -n "${told_lines:-60}" "$work/told"
        exit 1
    fi
    checks=$((checks + 1))
}

# Of eight bars one may begin on the right and go on on the left.
expect_bars() {
    local bars
    bars=$(awk '$1 == "row:" && $2 >= 8 { print $3 }' "$work/told" | sort -u | wc -l)
    if [ "$bars" -ne 8 ]; then
        echo "$bars colour bars in the picture, and not 8"
        grep '^row:' "$work/told"
        exit 1
    fi
    checks=$((checks + 1))
}

machine_end() {
    echo "$checks checks passed"
}
