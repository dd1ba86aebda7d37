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
 * What cuframes says about a stream and its frames, in the terms of FFmpeg.
 */

#include "libavutil/common.h"
#include "libavutil/imgutils.h"
#include "libavutil/pixdesc.h"
#include "libavutil/version.h"

#include "cuframes_describe.h"
#include "cuframes_hdr.h"
#include "internal.h"

/* As the filter has them: the same bytes in memory, whatever the letters say. */
static const struct {
    int                cuframes;
    enum AVPixelFormat av;
} formats[] = {
    { CUFRAMES_FORMAT_NV12, AV_PIX_FMT_NV12    },
    { CUFRAMES_FORMAT_P010, AV_PIX_FMT_P010LE  },
    { CUFRAMES_FORMAT_YU12, AV_PIX_FMT_YUV420P },
    { CUFRAMES_FORMAT_YUYV, AV_PIX_FMT_YUYV422 },
    { CUFRAMES_FORMAT_UYVY, AV_PIX_FMT_UYVY422 },
    { CUFRAMES_FORMAT_RG24, AV_PIX_FMT_BGR24   },
    { CUFRAMES_FORMAT_BG24, AV_PIX_FMT_RGB24   },
    { CUFRAMES_FORMAT_AR24, AV_PIX_FMT_BGRA    },
    { CUFRAMES_FORMAT_AB24, AV_PIX_FMT_RGBA    },
    { CUFRAMES_FORMAT_XR24, AV_PIX_FMT_BGR0    },
    { CUFRAMES_FORMAT_XB24, AV_PIX_FMT_RGB0    },
    { CUFRAMES_FORMAT_R8,   AV_PIX_FMT_GRAY8   },
};

enum AVPixelFormat ff_cuframes_pixel_format(int format)
{
    for (int i = 0; i < FF_ARRAY_ELEMS(formats); i++)
        if (formats[i].cuframes == format)
            return formats[i].av;
    return AV_PIX_FMT_NONE;
}

/* In H.273, whose numbers FFmpeg has, 2 is "unknown"; cuframes has 0 for it too. */
static int h273(uint8_t value)
{
    return value ? value : 2;
}

/* There 0 is a matrix, that of RGB. */
static enum AVColorSpace matrix(uint8_t value, enum AVPixelFormat format)
{
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);

    return desc && desc->flags & AV_PIX_FMT_FLAG_RGB ? value : h273(value);
}

static enum AVColorRange range(uint8_t value)
{
    return value <= AVCOL_RANGE_JPEG ? value : AVCOL_RANGE_UNSPECIFIED;
}

static AVRational ratio(uint32_t num, uint32_t den)
{
    AVRational q = { 0, 1 };

    if (num && den)
        av_reduce(&q.num, &q.den, num, den, INT_MAX);
    return q;
}

static enum AVFieldOrder field_order(uint32_t flags)
{
    if (!(flags & CUFRAMES_FRAME_INTERLACED))
        return AV_FIELD_PROGRESSIVE;
    return flags & CUFRAMES_FRAME_TOP_FIELD_FIRST ? AV_FIELD_TT : AV_FIELD_BB;
}

void ff_cuframes_describe_stream(AVStream *st, const cuframes_layout_t *layout,
                                 const cuframes_frame_meta_t *meta,
                                 const cuframes_stream_info_t *info)
{
    const enum AVPixelFormat format = ff_cuframes_pixel_format(layout->format);
    const AVRational rate = ratio(info->fps_num, info->fps_den);
    AVCodecParameters *par = st->codecpar;

    avpriv_set_pts_info(st, 64, 1, 1000000000);
    st->avg_frame_rate      = st->r_frame_rate         = rate;
    st->sample_aspect_ratio = par->sample_aspect_ratio = ratio(info->sar_num, info->sar_den);

    par->codec_type      = AVMEDIA_TYPE_VIDEO;
    par->codec_id        = AV_CODEC_ID_RAWVIDEO;
    par->format          = format;
    par->width           = layout->width;
    par->height          = layout->height;
    par->field_order     = field_order(meta->flags);
    par->color_primaries = h273(meta->color_primaries);
    par->color_trc       = h273(meta->color_transfer);
    par->color_space     = matrix(meta->color_matrix, format);
    par->color_range     = range(meta->color_range);
    if (rate.num)
        par->bit_rate = av_rescale_q(8LL * av_image_get_buffer_size(format, par->width,
                                                                    par->height, 1),
                                     rate, (AVRational) { 1, 1 });
}

static void set_flags(AVFrame *frame, uint32_t flags)
{
    const int interlaced = !!(flags & CUFRAMES_FRAME_INTERLACED);
    const int top_first  = interlaced && flags & CUFRAMES_FRAME_TOP_FIELD_FIRST;

    if (flags & CUFRAMES_FRAME_CORRUPT)
        frame->flags |= AV_FRAME_FLAG_CORRUPT;
#ifdef AV_FRAME_FLAG_INTERLACED
    frame->flags |= (flags & CUFRAMES_FRAME_KEY ? AV_FRAME_FLAG_KEY : 0) |
                    (interlaced ? AV_FRAME_FLAG_INTERLACED : 0) |
                    (top_first ? AV_FRAME_FLAG_TOP_FIELD_FIRST : 0);
#else
    frame->key_frame        = !!(flags & CUFRAMES_FRAME_KEY);
    frame->interlaced_frame = interlaced;
    frame->top_field_first  = top_first;
#endif
}

int ff_cuframes_describe_frame(AVFrame *frame, const cuframes_layout_t *layout,
                               const cuframes_frame_meta_t *meta,
                               const cuframes_stream_info_t *info)
{
    const enum AVPixelFormat format = ff_cuframes_pixel_format(layout->format);

    /* Its times are those of the packet, which is what ffmpeg shifts. */
    frame->width               = layout->width;
    frame->height              = layout->height;
    frame->sample_aspect_ratio = ratio(info->sar_num, info->sar_den);
    frame->color_primaries     = h273(meta->color_primaries);
    frame->color_trc           = h273(meta->color_transfer);
    frame->colorspace          = matrix(meta->color_matrix, format);
    frame->color_range         = range(meta->color_range);
#if LIBAVUTIL_VERSION_INT < AV_VERSION_INT(57, 30, 100)
    frame->pkt_duration        = FFMAX(meta->duration_ns, 0);
#endif
    set_flags(frame, meta->flags);
    return ff_cuframes_hdr_to_frame(frame, info);
}

void ff_cuframes_describe_packet(AVPacket *pkt, const cuframes_frame_meta_t *meta)
{
    pkt->pts      = pkt->dts = meta->pts_ns == CUFRAMES_NO_PTS ? AV_NOPTS_VALUE : meta->pts_ns;
    pkt->duration = FFMAX(meta->duration_ns, 0);
    pkt->flags   |= AV_PKT_FLAG_KEY;
    if (meta->flags & CUFRAMES_FRAME_CORRUPT)
        pkt->flags |= AV_PKT_FLAG_CORRUPT;
}
