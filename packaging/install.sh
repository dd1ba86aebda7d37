#!/bin/sh
# Installs library, headers, pkg-config file, CMake package and the program that probes CUDA IPC.
#
#   packaging/install.sh PREFIX [LIBRARY_DIR]
#
# LIBRARY_DIR is the folder of the built library; without it, cargo builds a release. DESTDIR
# is put before PREFIX when files are written, and appears in none of them.
set -eu

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    echo "usage: packaging/install.sh PREFIX [LIBRARY_DIR]" >&2
    exit 2
fi
case $1 in
    /*) prefix=$1 ;;
    *) prefix=$PWD/$1 ;;
esac
root=$(cd "$(dirname "$0")/.." && pwd)

built=${2:-}
if [ -z "$built" ]; then
    (cd "$root" && cargo build --quiet --release -p libcuframes)
    built=${CARGO_TARGET_DIR:-$root/target}/release
fi
if [ ! -r "$built/libcuframes.so" ]; then
    echo "no libcuframes.so in $built; build it with: cargo build --release -p libcuframes" >&2
    exit 1
fi

version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
major=${version%%.*}
rest=${version#*.}
minor=${rest%%.*}
lib=${DESTDIR:-}$prefix/lib
include=${DESTDIR:-}$prefix/include/cuframes
libexec=${DESTDIR:-}$prefix/libexec/cuframes
cmake=$lib/cmake/cuframes

fill() {
    sed -e "s|@PREFIX@|$prefix|" -e "s|@VERSION@|$version|" \
        -e "s|@MAJOR@|$major|" -e "s|@MINOR@|$minor|" "$root/packaging/$1" >"$2"
    chmod 644 "$2"
}

mkdir -p "$lib/pkgconfig" "$cmake" "$include"
install -m 755 "$built/libcuframes.so" "$lib/libcuframes.so.$version"
ln -sf "libcuframes.so.$version" "$lib/libcuframes.so.0"
ln -sf libcuframes.so.0 "$lib/libcuframes.so"
if [ -r "$built/libcuframes.a" ]; then
    install -m 644 "$built/libcuframes.a" "$lib/libcuframes.a"
fi
install -m 644 "$root"/include/cuframes/* "$include/"
# The library runs this to find out whether CUDA IPC works; without it, that is not tried.
for folder in "$built" "$built/.."; do
    if [ -x "$folder/cuframes-ipc-probe" ]; then
        mkdir -p "$libexec"
        install -m 755 "$folder/cuframes-ipc-probe" "$libexec/"
        break
    fi
done
[ -x "$libexec/cuframes-ipc-probe" ] ||
    echo "packaging/install.sh: no cuframes-ipc-probe in $built: CUDA IPC will not be probed" >&2
fill cuframes.pc.in "$lib/pkgconfig/cuframes.pc"
fill cuframes-config-version.cmake.in "$cmake/cuframes-config-version.cmake"
fill cuframes-config.cmake.in "$cmake/cuframes-config.cmake"
