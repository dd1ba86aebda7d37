#!/bin/sh
# Usage: make-patches.sh [VERSION...]
#
# Writes patches/ffmpeg-VERSION.patch: the same edits, applied to each release's
# own tree, because the lines around them differ between releases. The C files of
# the filter and the demuxers are not part of the patches; build.sh copies them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${CUFRAMES_FFMPEG_CACHE:-$here/cache}

edit_filter() {
    sed -i '/^  --enable-libdav1d /i\  --enable-libcuframes     enable frames and packets of other processes via libcuframes [no]' configure
    sed -i 's/^    libdav1d$/    libcuframes\n&/' configure
    sed -i '/^deinterlace_qsv_filter_deps=/i cuframes_out_filter_deps="libcuframes"' configure
    sed -i '/^enabled libdav1d /i enabled libcuframes       \&\& require_pkg_config libcuframes cuframes cuframes/cuframes.h cuframes_publisher_create' configure
    sed -i '/^OBJS-$(CONFIG_CURVES_FILTER)/i OBJS-$(CONFIG_CUFRAMES_OUT_FILTER)           += vf_cuframes_out.o $(addprefix cuframes_out_, \\\n                                                buffer.o copy.o cuda.o error.o formats.o \\\n                                                meta.o options.o readonly.o registry.o \\\n                                                slots.o stream.o)' libavfilter/Makefile
    sed -i '/^extern const .* ff_vf_curves;/{h;s/curves/cuframes_out/;p;g}' libavfilter/allfilters.c
}

edit_demuxers() {
    sed -i '/^dash_demuxer_deps=/i cuframes_demuxer_deps="libcuframes"\ncuframes_packets_demuxer_deps="libcuframes"' configure
    sed -i '/^OBJS-$(CONFIG_DASH_DEMUXER)/i OBJS-$(CONFIG_CUFRAMES_DEMUXER)          += cuframes.o $(addprefix cuframes_, \\\n                                            buffer.o cuda.o describe.o hdr.o \\\n                                            input.o picture.o reader.o)\nOBJS-$(CONFIG_CUFRAMES_PACKETS_DEMUXER)  += cuframes_packets.o cuframes_codec.o \\\n                                            cuframes_input.o' libavformat/Makefile
    sed -i '/^extern const .* ff_dash_demuxer;/{h;s/dash/cuframes/;p;s/cuframes/cuframes_packets/;p;g}' libavformat/allformats.c
}

# A signal ends the program, but not the stream: the filter must know, because
# ffmpeg sends it the same end of input in both cases. Inputs must know, because
# ffmpeg interrupts only those that it is still opening.
edit_signal_handler() {
    sed -i '0,/^#include "ffmpeg.h"/s//#include "config_components.h"\n#if CONFIG_CUFRAMES_OUT_FILTER\n#include "libavfilter\/cuframes_out.h"\n#endif\n#if CONFIG_CUFRAMES_DEMUXER || CONFIG_CUFRAMES_PACKETS_DEMUXER\n#include "libavformat\/cuframes.h"\n#endif\n&/' fftools/ffmpeg.c
    sed -i '/^    received_nb_signals++;/a #if CONFIG_CUFRAMES_OUT_FILTER\n    av_cuframes_out_interrupt();\n#endif\n#if CONFIG_CUFRAMES_DEMUXER || CONFIG_CUFRAMES_PACKETS_DEMUXER\n    av_cuframes_interrupt();\n#endif' fftools/ffmpeg.c
}

# When -frames or -t has been reached, a threaded ffmpeg frees the graph without
# an end of input, as it does when it is about to build another.
edit_filter_thread() {
    sed -i 's|^    // EOF is normal termination$|    // the outputs are complete: this graph has no successor\n    if (ret >= 0 \|\| ret == AVERROR_EOF)\n        avfilter_graph_send_command(fgt.graph, "cuframes_out", "end", "", NULL, 0, 0);\n\n&|' fftools/ffmpeg_filter.c
}

for version in ${*:-5.1 7.1}; do
    work=$(mktemp -d)
    "$here/fetch.sh" "$version" "$cache/source-$version" "$work/a"
    cp -a "$work/a" "$work/b"
    (
        cd "$work/b"
        edit_filter
        edit_demuxers
        edit_signal_handler
        if grep -q '^static int filter_thread' fftools/ffmpeg_filter.c; then
            edit_filter_thread
        fi
    )
    (cd "$work" && diff -ru a b | sed '/^diff /d; s/^\(---\|+++\) \([^\t]*\)\t.*/\1 \2/') \
        > "$here/patches/ffmpeg-$version.patch"
    rm -rf "$work"
    echo "patches/ffmpeg-$version.patch"
done
