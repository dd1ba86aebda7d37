#!/bin/bash
# Usage: build.sh VERSION        (5.1 or 7.1)
#
# Builds that FFmpeg release with the filter cuframes_out and the demuxers cuframes and
# cuframes_packets, and prints, as its
# last line, the path of an ffmpeg that runs as it is. What is built stays in
# the cache; the next call builds only what has changed, and a new libcuframes
# alone is just copied.
#
#   CUFRAMES_FFMPEG_CACHE  where to keep sources and builds (default: cache/ here)
#   CUFRAMES_LIB_DIR       folder of a built libcuframes.so (default: cargo builds it)
#   CUFRAMES_INCLUDE_DIR   folder of cuframes/cuframes.h (default: include/ of this repository)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
version=${1:?usage: build.sh VERSION}
patch=$here/patches/ffmpeg-$version.patch
[ -r "$patch" ] || { echo "build.sh: no patch for FFmpeg $version; have: $(cd "$here/patches" && ls)" >&2; exit 2; }

cache=${CUFRAMES_FFMPEG_CACHE:-$here/cache}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
include=${CUFRAMES_INCLUDE_DIR:-$root/include}
work=$cache/ffmpeg-$version
tree=$work/tree deps=$work/deps prefix=$work/install headers=$cache/headers-$version

say() { echo "build.sh: $*" >&2; }

# What our tests and demonstrations use, and nothing that wants another library to
# start: the GPU's driver is found when frames of it are asked for.
# -O1 builds in two thirds of the time and decodes as fast: the loops that take
# the time are in assembler.
configure_options=(
    --prefix="$prefix" --disable-everything --disable-autodetect --disable-doc
    --optflags=-O1 --disable-debug --disable-ffplay --disable-static
    --enable-shared --enable-pic --enable-rpath --enable-libcuframes
    --enable-ffnvcodec --enable-cuda --enable-cuvid --enable-nvdec --enable-hwaccel=h264_nvdec,hevc_nvdec
    --enable-indev=lavfi
    --enable-decoder=rawvideo,wrapped_avframe,h264,hevc,mjpeg,ffv1
    --enable-encoder=rawvideo,wrapped_avframe,mjpeg,ffv1
    --enable-parser=h264,hevc,mjpeg,av1
    --enable-bsf=h264_mp4toannexb,hevc_mp4toannexb,extract_extradata,null,noise
    --enable-demuxer=cuframes,cuframes_packets,mov,matroska,mpegts,nut,h264,hevc,rtsp,rawvideo,mjpeg,yuv4mpegpipe,concat
    --enable-muxer=null,framemd5,framehash,framecrc,md5,rawvideo,nut,rtsp,mpegts,matroska,mov,mp4,mjpeg,h264,hevc,yuv4mpegpipe
    --enable-protocol=file,pipe,tcp,udp,rtp,unix,crypto,data
    --enable-filter=cuframes_out,testsrc,testsrc2,color,smptebars,nullsrc,scale,format,null,fps,copy,split,loop,tpad,select
    --enable-filter=buffer,buffersink,showinfo,settb,setpts,setsar,setfield,setparams,sendcmd,realtime,trim,pad,crop,vflip,hflip,drawbox,drawgrid
    --enable-filter=hwupload_cuda,hwupload,hwdownload
)

need_packages() {
    local missing=()
    for package in gcc libc6-dev make nasm patch pkg-config dpkg-dev xz-utils; do
        dpkg-query -W -f '${Status}' $package 2>/dev/null | grep -q ' installed$' || missing+=($package)
    done
    [ ${#missing[@]} -eq 0 ] && return
    [ "$(id -u)" -eq 0 ] || { say "please install: ${missing[*]}"; exit 1; }
    say "installing ${missing[*]}"
    apt-get -qq update >&2
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >&2
}

library() {
    local dir=${CUFRAMES_LIB_DIR:-}
    if [ -z "$dir" ]; then
        (cd "$root" && nice cargo build --quiet --release -p libcuframes) >&2
        dir=${CARGO_TARGET_DIR:-$root/target}/release
    fi
    [ -r "$dir/libcuframes.so" ] || { say "no libcuframes.so in $dir"; exit 1; }
    echo "$dir/libcuframes.so"
}

# Only a file that differs is replaced, and then at once: make goes by time, and
# an ffmpeg may be running.
put() {
    cmp -s "$1" "$2" && return
    mkdir -p "$(dirname "$2")"
    cp "$1" "$2.new"
    mv -f "$2.new" "$2"
}

# Library and header as a package that configure finds.
put_deps() {
    put "$lib" "$deps/lib/libcuframes.so.0"
    ln -sf libcuframes.so.0 "$deps/lib/libcuframes.so"
    put "$include/cuframes/cuframes.h" "$deps/include/cuframes/cuframes.h"
    mkdir -p "$deps/lib/pkgconfig"
    cat > "$deps/lib/pkgconfig/cuframes.pc" <<PC
Name: cuframes
Description: frames shared between processes
Version: 0
Cflags: -I$deps/include
Libs: -L$deps/lib -lcuframes
PC
}

# And the program by which it tries whether CUDA IPC works; without it, memory=auto
# does not use that.
put_library() {
    local probe=cuframes-ipc-probe
    put "$lib" "$prefix/lib/libcuframes.so.0"
    [ ! -x "$(dirname "$lib")/$probe" ] ||
        put "$(dirname "$lib")/$probe" "$prefix/libexec/cuframes/$probe"
}

configure_tree() {
    rm -rf "$tree" "$work/configured"
    "$here/fetch.sh" "$version" "$cache/source-$version" "$tree"
    patch -s -p1 -d "$tree" < "$patch" >&2
    "$here/fetch-headers.sh" "$version" "$headers"
    (cd "$tree" && LD_LIBRARY_PATH=$deps/lib \
        PKG_CONFIG_PATH=$deps/lib/pkgconfig:$headers/usr/share/pkgconfig \
        nice ./configure "${configure_options[@]}" > "$work/configure.log" 2>&1) ||
        { tail -5 "$work/configure.log" >&2; say "see $tree/ffbuild/config.log"; exit 1; }
    echo "$tree_key" > "$work/configured"
}

make_tree() {
    for source in "$here"/*.[ch]; do
        put "$source" "$tree/libavfilter/$(basename "$source")"
    done
    for source in "$here"/demux/*.[ch]; do
        put "$source" "$tree/libavformat/$(basename "$source")"
    done
    (cd "$tree" && nice make -j"$(nproc)" install > "$work/make.log" 2>&1) ||
        { grep -m 20 -E 'error|Error' "$work/make.log" >&2; say "see $work/make.log"; exit 1; }
    grep -A 3 -E '(cuframes[a-z_]*\.[ch]|fftools/[a-z_]*\.c):.*warning:' "$work/make.log" >&2 || true
}

key_of() { cat "$@" | sha256sum | cut -c 1-32; }

[ -r "$include/cuframes/cuframes.h" ] || { say "no cuframes/cuframes.h in $include"; exit 1; }
need_packages
mkdir -p "$work"
exec 9> "$work/lock"
flock 9
lib=$(library)
tree_key=$(printf '%s\n' "$version" "${configure_options[@]}" | key_of - "$patch")
built_key=$(printf '%s\n' "$tree_key" | key_of - "$0" "$here"/*.[ch] "$here"/demux/*.[ch] "$include/cuframes/cuframes.h")

if [ "$(cat "$work/built" 2>/dev/null)" != "$built_key" ]; then
    rm -f "$work/built"
    put_deps
    [ "$(cat "$work/configured" 2>/dev/null)" = "$tree_key" ] || configure_tree
    make_tree
fi
put_library
"$prefix/bin/ffmpeg" -hide_banner -h filter=cuframes_out > /dev/null 2>&1 ||
    { "$prefix/bin/ffmpeg" -version 2>&1 | tail -3 >&2; say "the built ffmpeg does not run"; exit 1; }
echo "$built_key" > "$work/built"
echo "$prefix/bin/ffmpeg"
