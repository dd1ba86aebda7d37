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

static int add_to_stream(AVStream *st, enum AVPacketSideDataType type, void *data, size_t size)
{
    int ret = AVERROR(ENOMEM);

    if (data)
#if LIBAVFORMAT_VERSION_MAJOR < 60
        ret = av_stream_add_side_data(st, type, data, size);
#else
        ret = av_packet_side_data_add(&st->codecpar->coded_side_data,
                                      &st->codecpar->nb_coded_side_data, type, data, size, 0)
            ? 0 : AVERROR(ENOMEM);
#endif
    if (ret < 0)
        av_free(data);
    return ret;
}

int ff_cuframes_hdr_to_stream(AVStream *st, const cuframes_stream_info_t *info)
{
    int ret = 0;

    if (is_mastered(info) || info->mastering_max_luminance) {
        AVMasteringDisplayMetadata *mastering = av_mastering_display_metadata_alloc();

        if (mastering)
            set_mastering(mastering, info);
        ret = add_to_stream(st, AV_PKT_DATA_MASTERING_DISPLAY_METADATA,
                            mastering, sizeof(*mastering));
    }
    if (ret >= 0 && (info->max_cll || info->max_fall)) {
        size_t size;
        AVContentLightMetadata *light = av_content_light_metadata_alloc(&size);

        if (light)
            set_light(light, info);
        ret = add_to_stream(st, AV_PKT_DATA_CONTENT_LIGHT_LEVEL, light, size);
    }
    return ret;
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
