#!/usr/bin/env bash
# Installs by name what building and testing need on a bare Debian 12 machine with Rust.
# What is there already costs nothing.
set -euo pipefail

packages=(
    bc busybox-static ca-certificates clang cmake cpio curl dpkg-dev ffmpeg g++ gcc
    gir1.2-gst-rtsp-server-1.0 gstreamer1.0-libav gstreamer1.0-plugins-bad gstreamer1.0-plugins-base
    gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly gstreamer1.0-tools gstreamer1.0-x
    inotify-tools kmod libatomic1 libavcodec-dev libavdevice-dev libavfilter-dev libavformat-dev
    libavutil-dev libclang-dev libffmpeg-nvenc-dev libgstreamer-plugins-base1.0-dev
    libgstreamer1.0-dev libgstrtspserver-1.0-dev libswresample-dev libswscale-dev make nasm
    netcat-openbsd pkg-config python3 python3-gi python3-jsonschema python3-venv qemu-system-x86
    socat strace util-linux v4l-utils valgrind xvfb xz-utils
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
