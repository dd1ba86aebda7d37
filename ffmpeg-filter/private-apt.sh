# Sourced by the scripts that download packages: an apt-get with a state of its
# own, so that neither the sources of this machine nor its lists change. The
# packages come from where this machine gets its own; apt checks the signatures.
#
# suite_of FFMPEG: the suite of Debian that has this release.
suite_of() {
    case $1 in
    5.1) echo bookworm ;;
    7.1) echo trixie ;;
    *)   echo "$0: no packages are known for FFmpeg $1 (have 5.1 and 7.1)" >&2; exit 2 ;;
    esac
}

# private_apt SUITE STATE: prepares it in the folder STATE. Sources and binaries
# of SUITE are then to be had by: $apt source ..., $apt download ...
private_apt() {
    sources=/etc/apt/sources.list.d/debian.sources
    [ -r $sources ] || { echo "$0: $sources is missing: it names the package mirror" >&2; exit 1; }
    base=$(awk '/^URIs:/ { print $2; exit }' $sources)
    key=$(awk '/^Signed-By:/ { print $2; exit }' $sources)
    mkdir -p "$2/lists/partial" "$2/cache/archives/partial" "$2/got"
    for kind in deb deb-src; do
        echo "$kind [signed-by=$key] $base $1 main"
        echo "$kind [signed-by=$key] $base-security $1-security main"
    done > "$2/sources.list"
    apt="apt-get -o Dir::Etc::SourceList=$2/sources.list -o Dir::Etc::SourceParts=/dev/null
         -o Dir::State::Lists=$2/lists -o Dir::Cache=$2/cache -o APT::Sandbox::User=root"
    $apt -qq update
}
