/*
 * cuframes_out: publishes video frames to other processes.
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
 * What an AVFrame and its link say about it, in the terms of cuframes.
 */

#include <string.h>

#include "libavutil/common.h"
#include "libavutil/mastering_display_metadata.h"
#include "libavutil/mathematics.h"
#include "libavutil/pixfmt.h"
#include "libavutil/version.h"

#include "avfilter.h"

#include "cuframes_out_link.h"
#include "cuframes_out_meta.h"

static uint32_t frame_flags(const AVFrame *frame)
{
    uint32_t flags = 0;
#ifdef AV_FRAME_FLAG_INTERLACED
    const int key        = frame->flags & AV_FRAME_FLAG_KEY;
    const int interlaced = frame->flags & AV_FRAME_FLAG_INTERLACED;
    const int top_first  = frame->flags & AV_FRAME_FLAG_TOP_FIELD_FIRST;
#else
    const int key        = frame->key_frame;
    const int interlaced = frame->interlaced_frame;
    const int top_first  = frame->top_field_first;
#endif

    if (key)
        flags |= CUFRAMES_FRAME_KEY;
    if ((frame->flags & AV_FRAME_FLAG_CORRUPT) || frame->decode_error_flags)
        flags |= CUFRAMES_FRAME_CORRUPT;
    if (interlaced)
        flags |= CUFRAMES_FRAME_INTERLACED;
    if (interlaced && top_first)
        flags |= CUFRAMES_FRAME_TOP_FIELD_FIRST;
    return flags;
}

/* FFmpeg's colour enums are the numbers of H.273, where 2 is "unknown";
 * values of its own, beyond those of H.273, do not fit in the byte. */
static uint8_t h273(int value)
{
    return value >= 0 && value < 256 ? value : 2;
}

static uint8_t color_range(const AVFrame *frame)
{
    if (frame->color_range == AVCOL_RANGE_JPEG ||
        frame->format == AV_PIX_FMT_YUVJ420P)
        return 2;
    return frame->color_range == AVCOL_RANGE_MPEG ? 1 : 0;
}

static uint16_t crop_edge(size_t pixels)
{
    return pixels <= UINT16_MAX ? pixels : 0;
}

void ff_cuframes_frame_meta(cuframes_frame_meta_t *meta, const AVFrame *frame)
{
    memset(meta, 0, sizeof(*meta));
    meta->struct_size = sizeof(*meta);
    meta->flags       = frame_flags(frame);
    meta->pts_ns      = CUFRAMES_NO_PTS;

    meta->color_primaries = h273(frame->color_primaries);
    meta->color_transfer  = h273(frame->color_trc);
    meta->color_matrix    = h273(frame->colorspace);
    meta->color_range     = color_range(frame);

    meta->crop_left   = crop_edge(frame->crop_left);
    meta->crop_top    = crop_edge(frame->crop_top);
    meta->crop_right  = crop_edge(frame->crop_right);
    meta->crop_bottom = crop_edge(frame->crop_bottom);
}

#if LIBAVUTIL_VERSION_INT < AV_VERSION_INT(57, 30, 100)
/* This FFmpeg does not convert durations when a filter changes the time base:
 * they are right only if every link up to the source has ours. */
static int64_t frame_duration(AVFilterLink *inlink, const AVFrame *frame)
{
    for (AVFilterLink *link = inlink; link->src->nb_inputs; ) {
        link = link->src->inputs[0];
        if (av_cmp_q(link->time_base, inlink->time_base))
            return 0;
    }
    return frame->pkt_duration;
}
#else
static int64_t frame_duration(AVFilterLink *inlink, const AVFrame *frame)
{
    return frame->duration;
}
#endif

void ff_cuframes_meta_set_times(cuframes_frame_meta_t *meta, AVFilterLink *inlink,
                                const AVFrame *frame)
{
    const AVRational ns = { 1, 1000000000 }, rate = ff_cuframes_link_frame_rate(inlink);
    const int64_t duration = frame_duration(inlink, frame);

    if (frame->pts != AV_NOPTS_VALUE)
        meta->pts_ns = av_rescale_q(frame->pts, inlink->time_base, ns);
    if (duration > 0)
        meta->duration_ns = av_rescale_q(duration, inlink->time_base, ns);
    else if (rate.num > 0 && rate.den > 0)
        meta->duration_ns = av_rescale_q(1, av_inv_q(rate), ns);
}

void ff_cuframes_info_set_rates(cuframes_stream_info_t *info,
                                AVRational frame_rate, AVRational sar)
{
    const int has_rate = frame_rate.num > 0 && frame_rate.den > 0;
    const int has_sar  = sar.num > 0 && sar.den > 0;

    info->struct_size = sizeof(*info);
    info->fps_num = has_rate ? frame_rate.num : 0;
    info->fps_den = has_rate ? frame_rate.den : 0;
    info->sar_num = has_sar ? sar.num : 0;
    info->sar_den = has_sar ? sar.den : 0;
}

static int64_t scaled(AVRational value, int unit, int64_t max)
{
    if (value.den == 0)
        return 0;
    return av_clip64(av_rescale(value.num, unit, value.den), 0, max);
}

static void set_mastering(cuframes_stream_info_t *info,
                          const AVMasteringDisplayMetadata *m)
{
    const int chroma_unit = 50000, luma_unit = 10000;

    if (m->has_primaries) {
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 2; j++)
                info->mastering_primaries[2 * i + j] =
                    scaled(m->display_primaries[i][j], chroma_unit, UINT16_MAX);
        for (int j = 0; j < 2; j++)
            info->mastering_primaries[6 + j] =
                scaled(m->white_point[j], chroma_unit, UINT16_MAX);
    }
    if (m->has_luminance) {
        info->mastering_max_luminance = scaled(m->max_luminance, luma_unit, UINT32_MAX);
        info->mastering_min_luminance = scaled(m->min_luminance, luma_unit, UINT32_MAX);
    }
}

void ff_cuframes_info_set_hdr(cuframes_stream_info_t *info, const AVFrame *frame)
{
    const AVFrameSideData *mastering =
        av_frame_get_side_data(frame, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA);
    const AVFrameSideData *light =
        av_frame_get_side_data(frame, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL);

    if (mastering)
        set_mastering(info, (const AVMasteringDisplayMetadata *)mastering->data);
    if (light) {
        const AVContentLightMetadata *l = (const AVContentLightMetadata *)light->data;

        info->max_cll  = FFMIN(l->MaxCLL,  UINT16_MAX);
        info->max_fall = FFMIN(l->MaxFALL, UINT16_MAX);
    }
}
