#!/bin/sh
# Installs library, headers and pkg-config file.
#
#   bridges/zerobuffer/packaging/install.sh PREFIX [LIBRARY_DIR]
#
# LIBRARY_DIR is the folder of the built library; without it, cargo builds a release. DESTDIR
# is put before PREFIX when files are written, and appears in none of them.
set -eu

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    echo "usage: bridges/zerobuffer/packaging/install.sh PREFIX [LIBRARY_DIR]" >&2
    exit 2
fi
case $1 in
    /*) prefix=$1 ;;
    *) prefix=$PWD/$1 ;;
esac
package=$(cd "$(dirname "$0")/.." && pwd)
root=$(cd "$package/../.." && pwd)

built=${2:-}
if [ -z "$built" ]; then
    (cd "$root" && cargo build --quiet --release -p zerobuffer)
    built=${CARGO_TARGET_DIR:-$root/target}/release
fi
if [ ! -r "$built/libzerobuffer.so" ]; then
    echo "no libzerobuffer.so in $built; build it with: cargo build --release -p zerobuffer" >&2
    exit 1
fi

version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
lib=${DESTDIR:-}$prefix/lib
include=${DESTDIR:-}$prefix/include/zerobuffer

mkdir -p "$lib/pkgconfig" "$include"
# The SONAME counts versions of the C interface, which has its own: 1.
install -m 755 "$built/libzerobuffer.so" "$lib/libzerobuffer.so.1.$version"
ln -sf "libzerobuffer.so.1.$version" "$lib/libzerobuffer.so.1"
ln -sf libzerobuffer.so.1 "$lib/libzerobuffer.so"
if [ -r "$built/libzerobuffer.a" ]; then
    install -m 644 "$built/libzerobuffer.a" "$lib/libzerobuffer.a"
fi
install -m 644 "$package"/include/zerobuffer/* "$include/"
sed -e "s|@PREFIX@|$prefix|" -e "s|@VERSION@|$version|" \
    "$package/packaging/zerobuffer.pc.in" >"$lib/pkgconfig/zerobuffer.pc"
chmod 644 "$lib/pkgconfig/zerobuffer.pc"
