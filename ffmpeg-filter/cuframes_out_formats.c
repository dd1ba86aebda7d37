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
 * The pixel formats that can be published, and how they are agreed upon.
 */

#include <string.h>

#include <cuframes/cuframes.h>

#include "config.h"
#include "libavutil/bprint.h"
#include "libavutil/common.h"
#include "libavutil/error.h"
#include "libavutil/log.h"
#include "libavutil/pixdesc.h"
#include "libavutil/pixfmt.h"

#include "avfilter.h"
#include "formats.h"
#include "version.h"
#if LIBAVFILTER_VERSION_MAJOR >= 10
#include "avfilter_internal.h"
#endif

#include "cuframes_out_formats.h"

/* Pairs of the same bytes in memory, whatever the letters say: a DRM fourcc
 * names a little-endian word, an FFmpeg format the order of the bytes. The
 * J format is yuv420p with full range, and the range travels beside it. */
static const struct {
    enum AVPixelFormat av;
    int                cuframes;
} formats[] = {
    { AV_PIX_FMT_NV12,     CUFRAMES_FORMAT_NV12 },
    { AV_PIX_FMT_P010LE,   CUFRAMES_FORMAT_P010 },
    { AV_PIX_FMT_YUV420P,  CUFRAMES_FORMAT_YU12 },
    { AV_PIX_FMT_YUVJ420P, CUFRAMES_FORMAT_YU12 },
    { AV_PIX_FMT_YUYV422,  CUFRAMES_FORMAT_YUYV },
    { AV_PIX_FMT_UYVY422,  CUFRAMES_FORMAT_UYVY },
    { AV_PIX_FMT_BGR24,    CUFRAMES_FORMAT_RG24 },
    { AV_PIX_FMT_RGB24,    CUFRAMES_FORMAT_BG24 },
    { AV_PIX_FMT_BGRA,     CUFRAMES_FORMAT_AR24 },
    { AV_PIX_FMT_RGBA,     CUFRAMES_FORMAT_AB24 },
    { AV_PIX_FMT_BGR0,     CUFRAMES_FORMAT_XR24 },
    { AV_PIX_FMT_RGB0,     CUFRAMES_FORMAT_XB24 },
    { AV_PIX_FMT_GRAY8,    CUFRAMES_FORMAT_R8   },
};

static const enum AVPixelFormat pixel_formats[] = {
    AV_PIX_FMT_NV12,    AV_PIX_FMT_P010LE,
    AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P,
    AV_PIX_FMT_YUYV422, AV_PIX_FMT_UYVY422,
    AV_PIX_FMT_BGR24,   AV_PIX_FMT_RGB24,
    AV_PIX_FMT_BGRA,    AV_PIX_FMT_RGBA,
    AV_PIX_FMT_BGR0,    AV_PIX_FMT_RGB0,
    AV_PIX_FMT_GRAY8,
#if CONFIG_CUDA
    AV_PIX_FMT_CUDA,
#endif
    AV_PIX_FMT_NONE,
};

/* Those of them that FFmpeg has on GPUs. */
static const enum AVPixelFormat cuda_formats[] = {
    AV_PIX_FMT_NV12, AV_PIX_FMT_P010LE, AV_PIX_FMT_YUV420P,
    AV_PIX_FMT_BGR0, AV_PIX_FMT_RGB0,   AV_PIX_FMT_NONE,
};

static int same_bytes(enum AVPixelFormat format)
{
    for (int i = 0; i < FF_ARRAY_ELEMS(formats); i++)
        if (formats[i].av == format)
            return formats[i].cuframes;
    return 0;
}

static int refuse(AVFilterContext *ctx, enum AVPixelFormat format, const char *what,
                  const char *remedy, const enum AVPixelFormat *list)
{
    const char *name = av_get_pix_fmt_name(format);
    AVBPrint names;

    av_bprint_init(&names, 0, AV_BPRINT_SIZE_AUTOMATIC);
    for (; *list != AV_PIX_FMT_NONE; list++)
        av_bprintf(&names, " %s", av_get_pix_fmt_name(*list));
    av_log(ctx, AV_LOG_ERROR, "%s %s cannot be published; put %s before this "
           "filter, for one of:%s\n", what, name ? name : "unknown", remedy, names.str);
    return AVERROR(EINVAL);
}

static int refuse_format(AVFilterContext *ctx, enum AVPixelFormat format)
{
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);
    const int hardware = desc && desc->flags & AV_PIX_FMT_FLAG_HWACCEL;

    return refuse(ctx, format, "pixel format",
                  hardware ? "hwdownload,format" : "a format filter", pixel_formats);
}

static int refuse_cuda_format(AVFilterContext *ctx, enum AVPixelFormat format)
{
    return refuse(ctx, format, "GPU frames of format",
                  "a conversion on the GPU, or one before the upload,", cuda_formats);
}

int ff_cuframes_picture_format(AVFilterContext *ctx, enum AVPixelFormat format,
                               const AVHWFramesContext *frames)
{
    const int found = same_bytes(frames ? frames->sw_format : format);

    if (found)
        return found;
    return frames ? refuse_cuda_format(ctx, frames->sw_format)
                  : refuse_format(ctx, format);
}

static int conversion_is_disabled(const AVFilterGraph *graph)
{
#if LIBAVFILTER_VERSION_MAJOR < 10
    return graph->disable_auto_convert;
#else
    return ((const FFFilterGraph *)graph)->disable_auto_convert;
#endif
}

static int is_accepted(enum AVPixelFormat format)
{
    const enum AVPixelFormat *f = pixel_formats;

    while (*f != AV_PIX_FMT_NONE && *f != format)
        f++;
    return *f != AV_PIX_FMT_NONE;
}

/* Whether the filter before can give us one of our formats, or one that ffmpeg
 * converts to ours by a scaler of its own. Otherwise the graph would end with a
 * sentence that does not tell what is possible. */
static int check_offer(AVFilterContext *ctx, const AVFilterFormats *offer)
{
    const int may_convert = !conversion_is_disabled(ctx->graph);

    for (int i = 0; i < offer->nb_formats; i++) {
        const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(offer->formats[i]);

        if (is_accepted(offer->formats[i]))
            return 0;
        if (may_convert && desc && !(desc->flags & AV_PIX_FMT_FLAG_HWACCEL))
            return 0;
    }
    return refuse_format(ctx, offer->nb_formats ? offer->formats[0] : AV_PIX_FMT_NONE);
}

int ff_cuframes_query_formats(AVFilterContext *ctx, int *asked)
{
    const AVFilterFormats *offer = ctx->inputs[0]->incfg.formats;
    int ret;

    /* The first time, the filters before us have not agreed among themselves. */
    if (!(*asked)++)
        return AVERROR(EAGAIN);
    if (offer && (ret = check_offer(ctx, offer)) < 0)
        return ret;
#if LIBAVFILTER_VERSION_MAJOR < 11
    return ff_set_common_formats_from_list(ctx, pixel_formats);
#else
    return ff_set_pixel_formats_from_list(ctx, pixel_formats);
#endif
}
