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
 * Demuxer of the encoded packets that another process publishes: cuframes_packets://KEY.
 */

#include <inttypes.h>
#include <string.h>

#include "libavutil/error.h"
#include "libavutil/log.h"
#include "libavutil/mathematics.h"
#include "libavutil/opt.h"

#include "libavcodec/avcodec.h"

#include "cuframes_codec.h"
#include "cuframes_input.h"
#include "demux.h"
#include "internal.h"
#include "version.h"

#define PREFIX "cuframes_packets://"

typedef struct CuframesPacketsContext {
    const AVClass *class;
    CuframesInputOptions options;
    int from;                   ///< a cuframes_packet_start_t

    cuframes_subscriber_t *subscriber;
    AVPacket *first;            ///< was read with the header; NULL from then on
    CuframesCodec codec;        ///< of the packet that was read last
    int others_told;
    uint64_t packets;
} CuframesPacketsContext;

static int read_probe(const AVProbeData *probe)
{
    return ff_cuframes_input_probe(probe, PREFIX);
}

/* What a decoder is to know before this packet, if it is not what it knows. */
static int follow(AVFormatContext *s, AVPacket *pkt)
{
    CuframesPacketsContext *c = s->priv_data;
    const int ret = ff_cuframes_codec_ask(s, c->subscriber, &c->codec);
    uint8_t *data;

    if (ret < 0)
        return ret;
    if (c->codec.id != s->streams[0]->codecpar->codec_id) {
        av_log(s, AV_LOG_ERROR, "the packets are %s now; open the key again\n",
               avcodec_get_name(c->codec.id));
        return AVERROR_INPUT_CHANGED;
    }
    if (!ret || !c->codec.size)
        return 0;
    if (!(data = av_packet_new_side_data(pkt, AV_PKT_DATA_NEW_EXTRADATA, c->codec.size)))
        return AVERROR(ENOMEM);
    memcpy(data, c->codec.extradata, c->codec.size);
    return 0;
}

/* In nanoseconds the gap of a camera that was away for some seconds would be too long for a
 * muxer that counts it in 32 bits (mov). Ticks of 1/90000 s are told apart in microseconds too. */
static const AVRational time_base = { 1, 1000000 };

static int64_t timestamp(int64_t ns)
{
    return ns == CUFRAMES_NO_PTS ? AV_NOPTS_VALUE
                                 : av_rescale_q(ns, (AVRational) { 1, 1000000000 }, time_base);
}

static int copy(AVPacket *pkt, const cuframes_packet_t *packet)
{
    int ret;

    if (packet->size > INT_MAX - AV_INPUT_BUFFER_PADDING_SIZE)
        return AVERROR_INVALIDDATA;
    if ((ret = av_new_packet(pkt, packet->size)) < 0)
        return ret;
    memcpy(pkt->data, packet->data, packet->size);
    pkt->pts      = timestamp(packet->pts_ns);
    pkt->dts      = timestamp(packet->dts_ns);
    pkt->duration = timestamp(FFMAX(packet->duration_ns, 0));
    if (packet->flags & CUFRAMES_PACKET_KEY)
        pkt->flags |= AV_PKT_FLAG_KEY;
    if (packet->flags & CUFRAMES_PACKET_CORRUPT)
        pkt->flags |= AV_PKT_FLAG_CORRUPT;
    return 0;
}

/* Whether it is of the only stream that we have. */
static int is_video(AVFormatContext *s, const cuframes_packet_t *packet)
{
    CuframesPacketsContext *c = s->priv_data;

    if (packet->stream_index && !c->others_told) {
        c->others_told = 1;
        av_log(s, AV_LOG_WARNING, "streams of the publisher besides video are left out\n");
    }
    return !packet->stream_index;
}

/* The next packet of the video stream, in turns that the user can interrupt. */
static int next(AVFormatContext *s, cuframes_packet_t *packet, int64_t deadline)
{
    CuframesPacketsContext *c = s->priv_data;
    int err, ret;

    for (;;) {
        err = cuframes_subscriber_next_packet(c->subscriber, packet, CUFRAMES_TURN_MS);
        if (err == CUFRAMES_OK && is_video(s, packet))
            return 0;
        if (err == CUFRAMES_ERR_PACKET_OVERRUN)
            av_log(s, AV_LOG_WARNING, "%s\n", cuframes_last_error());
        else if (err < 0 && err != CUFRAMES_ERR_TIMEOUT)
            return ff_cuframes_input_failed(s, "cannot read a packet", err);
        if ((ret = ff_cuframes_input_wait(s, deadline, "the publisher gave no packet")) < 0)
            return ret;
    }
}

static int read_close(AVFormatContext *s)
{
    CuframesPacketsContext *c = s->priv_data;
    cuframes_subscriber_stats_t stats = { .struct_size = sizeof(stats) };

    av_packet_free(&c->first);
    ff_cuframes_codec_free(&c->codec);
    if (c->subscriber) {
        cuframes_subscriber_get_stats(c->subscriber, &stats);
        av_log(s, AV_LOG_VERBOSE, "%"PRIu64" packets, %"PRIu64" missed\n", c->packets,
               stats.packets_missed);
        cuframes_subscriber_destroy(c->subscriber);
        c->subscriber = NULL;
    }
    return 0;
}

/* What the publisher says, for whom the packets themselves do not tell it, or tell it late. */
static void set_shape(AVFormatContext *s, AVStream *st)
{
    const CuframesPacketsContext *c = s->priv_data;
    cuframes_layout_t layout = { .struct_size = sizeof(layout) };
    cuframes_stream_info_t info = { .struct_size = sizeof(info) };

    if (cuframes_subscriber_get_layout(c->subscriber, &layout) < 0 ||
        cuframes_subscriber_get_stream_info(c->subscriber, &info) < 0)
        return;
    st->codecpar->width  = layout.width;
    st->codecpar->height = layout.height;
    if (info.fps_num && info.fps_den && info.fps_num <= INT_MAX && info.fps_den <= INT_MAX)
        st->avg_frame_rate = st->r_frame_rate = av_make_q(info.fps_num, info.fps_den);
}

static int describe(AVFormatContext *s)
{
    CuframesPacketsContext *c = s->priv_data;
    AVStream *st = avformat_new_stream(s, NULL);
    AVCodecParameters *par;
    int ret;

    if (!st)
        return AVERROR(ENOMEM);
    if ((ret = ff_cuframes_codec_ask(s, c->subscriber, &c->codec)) < 0)
        return ret;
    par = st->codecpar;
    par->codec_type = AVMEDIA_TYPE_VIDEO;
    par->codec_id   = c->codec.id;
    if (c->codec.size) {
        if ((ret = ff_alloc_extradata(par, c->codec.size)) < 0)
            return ret;
        memcpy(par->extradata, c->codec.extradata, c->codec.size);
    }
    /* FFmpeg itself decodes AV1 only with a GPU. */
    if (par->codec_id == AV_CODEC_ID_AV1)
        ffstream(st)->need_parsing = AVSTREAM_PARSE_HEADERS;
    avpriv_set_pts_info(st, 64, time_base.num, time_base.den);
    set_shape(s, st);
    return 0;
}

static int subscribe(AVFormatContext *s)
{
    CuframesPacketsContext *c = s->priv_data;
    cuframes_subscriber_config_t config = {
        .packets      = CUFRAMES_PACKETS_ONLY,
        .packets_from = c->from,
    };

    return ff_cuframes_input_connect(s, PREFIX, &c->options, &config, &c->subscriber);
}

static int read_header(AVFormatContext *s)
{
    CuframesPacketsContext *c = s->priv_data;
    cuframes_packet_t packet = { .struct_size = sizeof(packet) };
    int ret = AVERROR(ENOMEM);

    if ((c->first = av_packet_alloc()))
        ret = subscribe(s);
    if (ret >= 0)
        ret = next(s, &packet, ff_cuframes_input_deadline(&c->options));
    if (ret >= 0)
        ret = copy(c->first, &packet);
    if (ret >= 0)
        ret = describe(s);
    if (ret < 0)
        read_close(s);
    return ret;
}

static int read_packet(AVFormatContext *s, AVPacket *pkt)
{
    CuframesPacketsContext *c = s->priv_data;
    cuframes_packet_t packet = { .struct_size = sizeof(packet) };
    int ret = 0;

    if (c->first) {
        av_packet_move_ref(pkt, c->first);
        av_packet_free(&c->first);
    } else {
        ret = next(s, &packet, INT64_MAX);
        if (ret >= 0)
            ret = copy(pkt, &packet);
        if (ret >= 0 && packet.flags & (CUFRAMES_PACKET_NEW_EXTRADATA |
                                        CUFRAMES_PACKET_DISCONTINUITY))
            ret = follow(s, pkt);
    }
    c->packets += ret >= 0;
    return ret;
}

#define OFFSET(x) offsetof(CuframesPacketsContext, x)
#define FLAGS AV_OPT_FLAG_DECODING_PARAM

static const AVOption cuframes_packets_options[] = {
    { "timeout", "longest wait for a publisher that is not there and for the first packet, in "
        "seconds or as 500ms, 0 = for ever",
        OFFSET(options.timeout), AV_OPT_TYPE_DURATION, { .i64 = 5000000 }, 0, 86400000000LL, FLAGS },
    { "name", "name under which the publisher knows this reader: 1 to 31 of A-Z a-z 0-9 . _ -",
        OFFSET(options.name), AV_OPT_TYPE_STRING, { .str = NULL }, 0, 0, FLAGS },
    { "from", "which packet is the first",
        OFFSET(from), AV_OPT_TYPE_INT, { .i64 = CUFRAMES_PACKETS_FROM_KEYFRAME },
        CUFRAMES_PACKETS_FROM_KEYFRAME, CUFRAMES_PACKETS_FROM_NEXT, FLAGS, "from" },
        { "keyframe", "the newest key packet that is still there, or else the next one",
            0, AV_OPT_TYPE_CONST, { .i64 = CUFRAMES_PACKETS_FROM_KEYFRAME }, 0, 0, FLAGS, "from" },
        { "next", "the next key packet",
            0, AV_OPT_TYPE_CONST, { .i64 = CUFRAMES_PACKETS_FROM_NEXT }, 0, 0, FLAGS, "from" },
    { NULL }
};

static const AVClass cuframes_packets_class = {
    .class_name = "cuframes_packets",
    .item_name  = av_default_item_name,
    .option     = cuframes_packets_options,
    .version    = LIBAVUTIL_VERSION_INT,
    .category   = AV_CLASS_CATEGORY_DEMUXER,
};

#if LIBAVFORMAT_VERSION_MAJOR < 61
#define P(field) .field
const AVInputFormat ff_cuframes_packets_demuxer = {
#else
#define P(field) .p.field
const FFInputFormat ff_cuframes_packets_demuxer = {
#endif
    P(name)         = "cuframes_packets",
    P(long_name)    = NULL_IF_CONFIG_SMALL("encoded packets of another process"),
    P(flags)        = AVFMT_NOFILE | AVFMT_TS_DISCONT | AVFMT_NO_BYTE_SEEK |
                      AVFMT_NOBINSEARCH | AVFMT_NOGENSEARCH,
    P(priv_class)   = &cuframes_packets_class,
    .priv_data_size = sizeof(CuframesPacketsContext),
    .read_probe     = read_probe,
    .read_header    = read_header,
    .read_packet    = read_packet,
    .read_close     = read_close,
};
