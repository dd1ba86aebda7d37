#!/bin/sh
# Usage: fetch.sh VERSION ARCHIVES TREE
#
# Puts the source package of an FFmpeg release into the folder ARCHIVES, if it
# is not there, and its unpacked tree at TREE. dpkg-source checks the hashes.
set -eu
version=$1 archives=$2 tree=$3
. "$(dirname "$0")/private-apt.sh"
suite=$(suite_of "$version")

download() {
    state=$(mktemp -d)
    trap 'rm -rf "$state"' EXIT
    private_apt "$suite" "$state"
    (cd "$state/got" && $apt -qq source --download-only ffmpeg)
    rm -rf "$archives"
    mkdir -p "$(dirname "$archives")"
    mv "$state/got" "$archives"
}

dsc() { ls "$archives"/ffmpeg_"$version".*.dsc 2>/dev/null; }

dsc > /dev/null || download
dsc > /dev/null || { echo "fetch.sh: $suite has no FFmpeg $version, but $(ls "$archives")" >&2; exit 1; }
rm -rf "$tree"
if ! log=$(dpkg-source -x "$(dsc)" "$tree" 2>&1); then
    printf '%s\n' "$log" >&2
    exit 1
fi
