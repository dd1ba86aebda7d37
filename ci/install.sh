#!/usr/bin/env bash
# Installs by name what building and testing need on a bare Debian 12 machine with Rust.
# What is there already costs nothing.
set -euo pipefail

packages=(
    bc busybox-static ca-certificates clang cmake cpio dpkg-dev ffmpeg g++ gcc
    gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-bad gstreamer1.0-plugins-base
    gstreamer1.0-plugins-good gstreamer1.0-tools kmod libavcodec-dev libavdevice-dev
    libavfilter-dev libavformat-dev libavutil-dev libclang-dev libffmpeg-nvenc-dev
    libswresample-dev libswscale-dev make nasm pkg-config python3 python3-gi qemu-system-x86
    strace util-linux valgrind xz-utils
)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
        missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
$sudo apt-get install -y -qq --no-install-recommends "${missing[@]}"
