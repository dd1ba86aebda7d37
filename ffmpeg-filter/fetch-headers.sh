#!/bin/sh
# Usage: fetch-headers.sh VERSION TREE
#
# Puts the headers of the GPU driver's interfaces that an FFmpeg release wants
# at TREE: the package libffmpeg-nvenc-dev of the same suite, unpacked and not
# installed. They are all that is needed to build; the driver itself is found
# when ffmpeg runs.
set -eu
. "$(dirname "$0")/private-apt.sh"
suite=$(suite_of "$1") tree=$2

[ -d "$tree" ] && exit
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
private_apt "$suite" "$state"
(cd "$state/got" && $apt -qq download libffmpeg-nvenc-dev && dpkg-deb -x ./*.deb tree)
# The paths in it are those of an installed package.
find "$state/got/tree" -name ffnvcodec.pc -exec sed -i "s|^prefix=.*|prefix=$tree/usr|" {} +
mkdir -p "$(dirname "$tree")"
mv "$state/got/tree" "$tree"
