/*
 * cuframes: a publisher of packets, for tests.
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
 * Publishes the video packets of files, one file after the other, as they are:
 *
 *   packets KEY READERS FILE...
 *
 * READERS are waited for before the first packet. The ring has room for all. When
 * a file is published it writes a line, and goes on when it has read one; the end of
 * its standard input is the end of the stream.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cuframes/cuframes.h>

#include "libavcodec/avcodec.h"
#include "libavformat/avformat.h"

#define NEED(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #condition,        \
                    cuframes_last_error());                                    \
            exit(1);                                                           \
        }                                                                      \
    } while (0)

static uint32_t codec_of(enum AVCodecID id)
{
    switch (id) {
    case AV_CODEC_ID_H264:  return CUFRAMES_CODEC_H264;
    case AV_CODEC_ID_HEVC:  return CUFRAMES_CODEC_HEVC;
    case AV_CODEC_ID_AV1:   return CUFRAMES_CODEC_AV1;
    case AV_CODEC_ID_MJPEG: return CUFRAMES_CODEC_MJPEG;
    default:                return MKTAG('?', '?', '?', '?');
    }
}

static int64_t ns(int64_t time, AVRational base)
{
    return time == AV_NOPTS_VALUE ? CUFRAMES_NO_PTS
                                  : av_rescale_q(time, base, (AVRational) { 1, 1000000000 });
}

static cuframes_publisher_t *create(const char *key, int readers, const AVCodecParameters *par)
{
    cuframes_publisher_config_t config = {
        .struct_size      = sizeof(config),
        .key              = key,
        .width            = par->width,
        .height           = par->height,
        .format           = CUFRAMES_FORMAT_YU12,
        .wait_subscribers = readers,
        .wait_timeout_ms  = -1,
        .packets          = CUFRAMES_PACKETS_ONLY,
        .packet_slots     = 1024,
        .packet_bytes     = 32 << 20,
    };
    cuframes_publisher_t *publisher;

    NEED(!cuframes_publisher_create(&config, &publisher));
    return publisher;
}

static void publish(cuframes_publisher_t *publisher, const AVPacket *pkt, AVRational base)
{
    const cuframes_packet_meta_t meta = {
        .struct_size = sizeof(meta),
        .flags       = (pkt->flags & AV_PKT_FLAG_KEY ? CUFRAMES_PACKET_KEY : 0) |
                       (pkt->flags & AV_PKT_FLAG_CORRUPT ? CUFRAMES_PACKET_CORRUPT : 0),
        .pts_ns      = ns(pkt->pts, base),
        .dts_ns      = ns(pkt->dts, base),
        .duration_ns = ns(pkt->duration, base),
    };

    NEED(!cuframes_publisher_publish_packet(publisher, pkt->data, pkt->size, &meta, NULL));
}

static void publish_file(cuframes_publisher_t **publisher, char **argv, const char *path)
{
    AVFormatContext *file = NULL;
    AVPacket *pkt = av_packet_alloc();
    const AVCodecParameters *par;

    NEED(pkt && avformat_open_input(&file, path, NULL, NULL) >= 0);
    NEED(avformat_find_stream_info(file, NULL) >= 0 && file->nb_streams == 1);
    par = file->streams[0]->codecpar;
    if (!*publisher)
        *publisher = create(argv[1], atoi(argv[2]), par);
    NEED(!cuframes_publisher_set_codec_params(*publisher, codec_of(par->codec_id),
                                              par->extradata, par->extradata_size));
    while (av_read_frame(file, pkt) >= 0) {
        publish(*publisher, pkt, file->streams[0]->time_base);
        av_packet_unref(pkt);
    }
    av_packet_free(&pkt);
    avformat_close_input(&file);
    printf("published\n");
    fflush(stdout);
}

static int may_go_on(void)
{
    char line[8];

    return fgets(line, sizeof(line), stdin) != NULL;
}

int main(int argc, char **argv)
{
    cuframes_publisher_t *publisher = NULL;

    NEED(argc > 3);
    for (int i = 3; i < argc; i++) {
        publish_file(&publisher, argv, argv[i]);
        if (!may_go_on())
            break;
    }
    NEED(!cuframes_publisher_finish(publisher));
    NEED(!cuframes_publisher_destroy(publisher));
    return 0;
}
