#!/bin/sh
# Usage: fetch.sh VERSION ARCHIVES TREE
#
# Puts the source package of an FFmpeg release into the folder ARCHIVES, if it
# is not there, and its unpacked tree at TREE. The package comes from where this
# machine gets its Debian packages, through a private apt state, so that neither
# its sources nor its lists change; apt checks the signatures, dpkg-source the
# hashes.
set -eu
version=$1 archives=$2 tree=$3

case $version in
5.1) suite=bookworm ;;
7.1) suite=trixie ;;
*)   echo "fetch.sh: no source package is known for FFmpeg $version (have 5.1 and 7.1)" >&2
     exit 2 ;;
esac

download() {
    sources=/etc/apt/sources.list.d/debian.sources
    [ -r $sources ] || { echo "fetch.sh: $sources is missing: it names the package mirror" >&2; exit 1; }
    base=$(awk '/^URIs:/ { print $2; exit }' $sources)
    key=$(awk '/^Signed-By:/ { print $2; exit }' $sources)
    state=$(mktemp -d)
    trap 'rm -rf "$state"' EXIT
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/got"
    {
        echo "deb-src [signed-by=$key] $base $suite main"
        echo "deb-src [signed-by=$key] $base-security $suite-security main"
    } > "$state/sources.list"
    apt="apt-get -o Dir::Etc::SourceList=$state/sources.list -o Dir::Etc::SourceParts=/dev/null
         -o Dir::State::Lists=$state/lists -o Dir::Cache=$state/cache -o APT::Sandbox::User=root"
    $apt -qq update
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
