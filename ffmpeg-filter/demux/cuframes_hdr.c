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
 * The display on which the picture was graded, and how bright it gets.
 */

#include "libavutil/error.h"
#include "libavutil/mastering_display_metadata.h"
#include "libavutil/mem.h"
#include "libavutil/rational.h"

#include "libavcodec/packet.h"

#include "cuframes_hdr.h"
#include "version.h"

static int is_mastered(const cuframes_stream_info_t *info)
{
    for (int i = 0; i < 8; i++)
        if (info->mastering_primaries[i])
            return 1;
    return 0;
}

static void set_mastering(AVMasteringDisplayMetadata *m, const cuframes_stream_info_t *info)
{
    const int chroma_unit = 50000, luma_unit = 10000;

    m->has_primaries = is_mastered(info);
    for (int i = 0; i < 6; i++)
        m->display_primaries[i / 2][i % 2] =
            av_make_q(info->mastering_primaries[i], chroma_unit);
    for (int i = 0; i < 2; i++)
        m->white_point[i] = av_make_q(info->mastering_primaries[6 + i], chroma_unit);
    m->has_luminance = info->mastering_max_luminance != 0;
    m->max_luminance = av_make_q(info->mastering_max_luminance, luma_unit);
    m->min_luminance = av_make_q(info->mastering_min_luminance, luma_unit);
}

static void set_light(AVContentLightMetadata *light, const cuframes_stream_info_t *info)
{
    light->MaxCLL  = info->max_cll;
    light->MaxFALL = info->max_fall;
}

/* Both take the data over, unless they fail. */
typedef int (*Add)(void *to, enum AVPacketSideDataType type, uint8_t *data, size_t size);

static int add_to_packet(void *to, enum AVPacketSideDataType type, uint8_t *data, size_t size)
{
    return av_packet_add_side_data(to, type, data, size);
}

static int add_to_stream(void *to, enum AVPacketSideDataType type, uint8_t *data, size_t size)
{
    AVStream *st = to;

#if LIBAVFORMAT_VERSION_MAJOR < 61
    return av_stream_add_side_data(st, type, data, size);
#else
    return av_packet_side_data_add(&st->codecpar->coded_side_data,
                                   &st->codecpar->nb_coded_side_data, type, data, size, 0)
        ? 0 : AVERROR(ENOMEM);
#endif
}

static int give(Add add, void *to, enum AVPacketSideDataType type, void *data, size_t size)
{
    const int ret = data ? add(to, type, data, size) : AVERROR(ENOMEM);

    if (ret < 0)
        av_free(data);
    return ret;
}

static int add_all(Add add, void *to, const cuframes_stream_info_t *info)
{
    int ret = 0;

    if (is_mastered(info) || info->mastering_max_luminance) {
        AVMasteringDisplayMetadata *mastering = av_mastering_display_metadata_alloc();

        if (mastering)
            set_mastering(mastering, info);
        ret = give(add, to, AV_PKT_DATA_MASTERING_DISPLAY_METADATA, mastering,
                   sizeof(*mastering));
    }
    if (ret >= 0 && (info->max_cll || info->max_fall)) {
        size_t size = 0;
        AVContentLightMetadata *light = av_content_light_metadata_alloc(&size);

        if (light)
            set_light(light, info);
        ret = give(add, to, AV_PKT_DATA_CONTENT_LIGHT_LEVEL, light, size);
    }
    return ret;
}

int ff_cuframes_hdr_to_stream(AVStream *st, const cuframes_stream_info_t *info)
{
    return add_all(add_to_stream, st, info);
}

int ff_cuframes_hdr_to_packet(AVPacket *pkt, const cuframes_stream_info_t *info)
{
    return add_all(add_to_packet, pkt, info);
}

int ff_cuframes_hdr_to_frame(AVFrame *frame, const cuframes_stream_info_t *info)
{
    if (is_mastered(info) || info->mastering_max_luminance) {
        AVMasteringDisplayMetadata *mastering =
            av_mastering_display_metadata_create_side_data(frame);

        if (!mastering)
            return AVERROR(ENOMEM);
        set_mastering(mastering, info);
    }
    if (info->max_cll || info->max_fall) {
        AVContentLightMetadata *light = av_content_light_metadata_create_side_data(frame);

        if (!light)
            return AVERROR(ENOMEM);
        set_light(light, info);
    }
    return 0;
}
