/*
 * cuframes: FFmpeg's input from other processes.
 * Copyright (C) 2026 the cuframes authors
 *
 * This file is part of cuframes.
 *
 * cuframes is free software; you can redistribute it and/or
 * modify it under the terms of the GNU Lesser General Public
 * License as published by the Free Software Foundation; either
 * version 2.1 of the License, or (at your option) any later version.
 *
 * cuframes is distributed in the hope that it will be useful,
 * but WITHOUT ANY WARRANTY; without even the implied warranty of
 * MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the GNU
 * Lesser General Public License for more details.
 *
 * You should have received a copy of the GNU Lesser General Public
 * License along with this program; if not, write to the Free Software
 * Foundation, Inc., 51 Franklin Street, Fifth Floor, Boston, MA 02110-1301 USA
 */

/**
 * @file
 * Demuxer of the frames that another process publishes: cuframes://KEY.
 */

#include <inttypes.h>
#include <string.h>

#include "libavutil/error.h"
#include "libavutil/log.h"
#include "libavutil/opt.h"
#include "libavutil/pixdesc.h"

#include "libavcodec/avcodec.h"

#include "cuframes_cuda.h"
#include "cuframes_describe.h"
#include "cuframes_hdr.h"
#include "cuframes_input.h"
#include "cuframes_picture.h"
#include "cuframes_reader.h"
#include "demux.h"
#include "internal.h"
#include "version.h"

#define PREFIX "cuframes://"

enum Output { OUTPUT_RAW, OUTPUT_FRAME, OUTPUT_CUDA };

typedef struct CuframesContext {
    const AVClass *class;
    CuframesInputOptions options;
    int strict_order;
    int output;             ///< an enum Output
    int device;
    CuframesReader reader;

    CuframesCuda cuda;
    CuframesPicture first;  ///< was read with the header, and is the first packet
    int format, width, height;
    uint64_t frames, copies;
} CuframesContext;

static int read_probe(const AVProbeData *probe)
{
    return ff_cuframes_input_probe(probe, PREFIX);
}

/* -strict is an option of every format, which takes it before we are asked. */
static int is_strict(const AVFormatContext *s)
{
    const CuframesContext *c = s->priv_data;

    return c->strict_order || s->strict_std_compliance >= FF_COMPLIANCE_STRICT;
}

static int subscribe(AVFormatContext *s)
{
    CuframesContext *c = s->priv_data;
    static const int cuda[] = {
        [OUTPUT_RAW]   = CUFRAMES_CUDA_ANY,
        [OUTPUT_FRAME] = CUFRAMES_CUDA_NONE,
        [OUTPUT_CUDA]  = CUFRAMES_CUDA_DEVICE,
    };
    cuframes_subscriber_config_t config = {
        .mode        = is_strict(s) ? CUFRAMES_MODE_STRICT_ORDER : CUFRAMES_MODE_NEWEST_ONLY,
        .cuda        = cuda[c->output],
        .cuda_device = c->device,
    };
    const int ret = ff_cuframes_input_connect(s, PREFIX, &c->options, &config,
                                              &c->reader.subscriber);

    if (ret == AVERROR(ENOSYS) && c->output == OUTPUT_FRAME)
        av_log(s, AV_LOG_ERROR, "output=frame is for frames in host memory; of those on a GPU "
               "output=cuda leaves them there, output=rawvideo downloads them\n");
    if (ret == AVERROR(ENOSYS) && c->output == OUTPUT_CUDA)
        av_log(s, AV_LOG_ERROR, "output=cuda is for frames on GPU %d alone; output=rawvideo "
               "takes all\n", c->device);
    return ret;
}

static int read_close(AVFormatContext *s)
{
    CuframesContext *c = s->priv_data;
    cuframes_subscriber_stats_t stats = { .struct_size = sizeof(stats) };

    /* What nobody has read, and what is still being read, is given back before the
     * subscription ends, which may be the end of the program too. */
    ff_flush_packet_queue(s);
    ff_cuframes_picture_drop(&c->first);
    if (c->cuda.device)
        ff_cuframes_cuda_synchronize(&c->cuda);
    if (c->reader.subscriber) {
        cuframes_subscriber_get_stats(c->reader.subscriber, &stats);
        av_log(s, AV_LOG_VERBOSE, "%"PRIu64" frames, %"PRIu64" missed, %"PRIu64" copies\n",
               c->frames, stats.missed, c->copies);
        cuframes_subscriber_destroy(c->reader.subscriber);
        c->reader.subscriber = NULL;
    }
    ff_cuframes_cuda_close(&c->cuda);
    return 0;
}

static int describe(AVFormatContext *s)
{
    CuframesContext *c = s->priv_data;
    const CuframesPicture *p = &c->first;
    AVStream *st = avformat_new_stream(s, NULL);

    if (!st)
        return AVERROR(ENOMEM);
    ff_cuframes_describe_stream(st, &p->layout, &p->meta, &p->info);
    c->format = p->layout.format;
    c->width  = p->layout.width;
    c->height = p->layout.height;
    if (c->output == OUTPUT_RAW)
        return ff_cuframes_hdr_to_stream(st, &p->info);
    st->codecpar->codec_id = AV_CODEC_ID_WRAPPED_AVFRAME;
    if (c->output == OUTPUT_CUDA)
        st->codecpar->format = AV_PIX_FMT_CUDA;
    return 0;
}

static int read_header(AVFormatContext *s)
{
    CuframesContext *c = s->priv_data;
    int ret = 0;

    if (c->output == OUTPUT_CUDA)
        ret = ff_cuframes_cuda_open(s, &c->cuda, c->device);
    if (ret >= 0)
        ret = subscribe(s);
    if (ret >= 0)
        ret = ff_cuframes_reader_next(s, &c->reader, &c->first,
                                      ff_cuframes_input_deadline(&c->options));
    if (ret >= 0)
        ret = describe(s);
    if (ret < 0)
        read_close(s);
    return ret;
}

/* Raw video has a size in the stream, which a packet can change, and a format, which it cannot. */
static int follow(AVFormatContext *s, const CuframesPicture *p, AVPacket *pkt)
{
    CuframesContext *c = s->priv_data;

    if (p->layout.format != c->format) {
        av_log(s, AV_LOG_ERROR, "the frames are %s now, which raw video cannot tell; "
               "open the key again, or with output=frame\n",
               av_get_pix_fmt_name(ff_cuframes_pixel_format(p->layout.format)));
        return AVERROR_INPUT_CHANGED;
    }
    if (p->layout.width == c->width && p->layout.height == c->height)
        return 0;
    c->width  = p->layout.width;
    c->height = p->layout.height;
    return ff_add_param_change(pkt, 0, 0, 0, c->width, c->height);
}

/* @return 1 if the picture was copied, 0 if not, or an AVERROR */
static int fill(AVFormatContext *s, CuframesPicture *p, AVPacket *pkt)
{
    CuframesContext *c = s->priv_data;
    int copied, ret;

    if (c->output != OUTPUT_RAW)
        return ff_cuframes_picture_wrap(s, p, c->output == OUTPUT_CUDA ? &c->cuda : NULL, pkt);
    if ((copied = ff_cuframes_picture_raw(s, p, pkt)) < 0)
        return copied;
    if ((ret = follow(s, p, pkt)) < 0 ||
        (ret = ff_cuframes_hdr_to_packet(pkt, &p->info)) < 0)
        return ret;
    return copied;
}

/* FFmpeg has held a frame for too long: in a filter that collects frames, or in the queue of a
 * slow encoder. The same would happen again. */
static int go_on_with_copies(AVFormatContext *s, CuframesPicture *p)
{
    CuframesContext *c = s->priv_data;
    int ret;

    av_log(s, AV_LOG_WARNING, "frames are copied from now on: this program holds them for longer "
           "than the publisher's lease_timeout; the pictures that it held may be spoilt "
           "(leases=0 avoids that)\n");
    c->reader.leases = 0;
    cuframes_subscriber_destroy(c->reader.subscriber);
    c->reader.subscriber = NULL;
    if ((ret = subscribe(s)) < 0)
        return ret;
    return ff_cuframes_reader_next(s, &c->reader, p, INT64_MAX);
}

static int read_packet(AVFormatContext *s, AVPacket *pkt)
{
    CuframesContext *c = s->priv_data;
    CuframesPicture p = c->first;
    int ret = 0;

    c->first.frame = NULL;
    if (!p.frame)
        ret = ff_cuframes_reader_next(s, &c->reader, &p, INT64_MAX);
    if (ret == AVERROR(ECONNABORTED) && c->reader.leases)
        ret = go_on_with_copies(s, &p);
    if (ret >= 0)
        ret = fill(s, &p, pkt);
    if (ret >= 0) {
        ff_cuframes_describe_packet(pkt, &p.meta);
        c->frames++;
        c->copies += ret;
        ret = 0;
    }
    ff_cuframes_picture_drop(&p);
    return ret;
}

#define OFFSET(x) offsetof(CuframesContext, x)
#define FLAGS AV_OPT_FLAG_DECODING_PARAM

static const AVOption cuframes_options[] = {
    { "strict_order", "give every frame in its order, not always the newest; as -strict 1",
        OFFSET(strict_order), AV_OPT_TYPE_BOOL, { .i64 = 0 }, 0, 1, FLAGS },
    { "timeout", "longest wait for a publisher that is not there and for the first frame, in "
        "seconds or as 500ms, 0 = for ever",
        OFFSET(options.timeout), AV_OPT_TYPE_DURATION, { .i64 = 5000000 }, 0, 86400000000LL, FLAGS },
    { "name", "name under which the publisher knows this reader: 1 to 31 of A-Z a-z 0-9 . _ -",
        OFFSET(options.name), AV_OPT_TYPE_STRING, { .str = NULL }, 0, 0, FLAGS },
    { "output", "what packets are",
        OFFSET(output), AV_OPT_TYPE_INT, { .i64 = OUTPUT_RAW }, OUTPUT_RAW, OUTPUT_CUDA, FLAGS, "output" },
        { "rawvideo", "bytes of pictures; from a GPU they are downloaded",
            0, AV_OPT_TYPE_CONST, { .i64 = OUTPUT_RAW }, 0, 0, FLAGS, "output" },
        { "frame", "pictures in host memory, as they lie there",
            0, AV_OPT_TYPE_CONST, { .i64 = OUTPUT_FRAME }, 0, 0, FLAGS, "output" },
        { "cuda", "pictures on the GPU",
            0, AV_OPT_TYPE_CONST, { .i64 = OUTPUT_CUDA }, 0, 0, FLAGS, "output" },
    { "leases", "frames held in place at a time, the others are copied, -1 = as many as the "
        "publisher allows",
        OFFSET(reader.leases), AV_OPT_TYPE_INT, { .i64 = -1 }, -1, 16, FLAGS },
    { "device", "GPU of output=cuda",
        OFFSET(device), AV_OPT_TYPE_INT, { .i64 = 0 }, 0, INT_MAX, FLAGS },
    { NULL }
};

static const AVClass cuframes_class = {
    .class_name = "cuframes",
    .item_name  = av_default_item_name,
    .option     = cuframes_options,
    .version    = LIBAVUTIL_VERSION_INT,
    .category   = AV_CLASS_CATEGORY_DEMUXER,
};

#if LIBAVFORMAT_VERSION_MAJOR < 61
#define P(field) .field
const AVInputFormat ff_cuframes_demuxer = {
#else
#define P(field) .p.field
const FFInputFormat ff_cuframes_demuxer = {
#endif
    P(name)         = "cuframes",
    P(long_name)    = NULL_IF_CONFIG_SMALL("frames of another process"),
    P(flags)        = AVFMT_NOFILE | AVFMT_TS_DISCONT | AVFMT_NO_BYTE_SEEK |
                      AVFMT_NOBINSEARCH | AVFMT_NOGENSEARCH,
    P(priv_class)   = &cuframes_class,
    .priv_data_size = sizeof(CuframesContext),
    .read_probe     = read_probe,
    .read_header    = read_header,
    .read_packet    = read_packet,
    .read_close     = read_close,
};
