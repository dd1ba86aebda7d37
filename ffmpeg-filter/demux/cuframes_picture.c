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
 * A frame of the library as a packet: its bytes, or an AVFrame.
 */

#include "libavutil/error.h"
#include "libavutil/frame.h"
#include "libavutil/imgutils.h"

#include "libavcodec/packet.h"

#include "cuframes_buffer.h"
#include "cuframes_describe.h"
#include "cuframes_input.h"
#include "cuframes_picture.h"

void ff_cuframes_picture_drop(CuframesPicture *p)
{
    if (p->frame)
        cuframes_frame_release_on(p->frame, NULL, 0);
    p->frame = NULL;
}

static uint8_t *plane(const CuframesPicture *p, const CuframesCuda *cuda, int i)
{
    return cuda ? (uint8_t *)(uintptr_t)cuframes_frame_cuda_plane(p->frame, i)
                : (uint8_t *)cuframes_frame_data(p->frame, i);
}

/* A buffer that gives the frame back in our place. */
static AVBufferRef *keep(CuframesPicture *p, const CuframesCuda *cuda)
{
    AVBufferRef *buffer = ff_cuframes_buffer(p->frame, plane(p, cuda, 0), p->layout.frame_size,
                                             !!cuda);

    if (buffer)
        p->frame = NULL;
    return buffer;
}

static int is_packed(const cuframes_layout_t *layout)
{
    uint64_t end = 0;

    for (int i = 0; i < layout->plane_count; i++) {
        if (layout->plane_offset[i] != end || layout->plane_pitch[i] != layout->plane_row_bytes[i])
            return 0;
        end += (uint64_t)layout->plane_rows[i] * layout->plane_pitch[i];
    }
    return 1;
}

static int raw_size(const cuframes_layout_t *layout)
{
    return av_image_get_buffer_size(ff_cuframes_pixel_format(layout->format), layout->width,
                                    layout->height, 1);
}

int ff_cuframes_picture_raw(AVFormatContext *s, CuframesPicture *p, AVPacket *pkt)
{
    const int size = raw_size(&p->layout);
    int err, ret;

    if (size < 0)
        return size;
    if (p->may_stay && is_packed(&p->layout) &&
        cuframes_frame_memory(p->frame) == CUFRAMES_MEMORY_HOST) {
        pkt->data = plane(p, NULL, 0);
        pkt->size = size;
        pkt->buf  = keep(p, NULL);
        return pkt->buf ? 0 : AVERROR(ENOMEM);
    }
    if ((ret = av_new_packet(pkt, size)) < 0)
        return ret;
    if ((err = cuframes_frame_copy_to(p->frame, pkt->data, size)) < 0)
        return ff_cuframes_input_failed(s, "cannot copy a frame", err);
    return 1;
}

/* An encoder is given the first address alone, and takes the other planes to lie where those
 * of FFmpeg's own frames do. */
static int lies_as_ours(const cuframes_layout_t *layout)
{
    const uint64_t luma = (uint64_t)layout->plane_pitch[0] * layout->height;

    return layout->plane_count == 1 ||
           (layout->plane_count == 2 && layout->plane_offset[1] == luma &&
            layout->plane_pitch[1] == layout->plane_pitch[0]);
}

/* The picture in place. */
static int lend(CuframesPicture *p, CuframesCuda *cuda, AVFrame *picture)
{
    int ret;

    picture->format = ff_cuframes_pixel_format(p->layout.format);
    if ((ret = ff_cuframes_describe_frame(picture, &p->layout, &p->meta, &p->info)) < 0 ||
        (cuda && (ret = ff_cuframes_cuda_attach(cuda, picture, &p->layout)) < 0))
        return ret;
    for (int i = 0; i < p->layout.plane_count; i++) {
        picture->data[i]     = plane(p, cuda, i);
        picture->linesize[i] = p->layout.plane_pitch[i];
    }
    picture->buf[0] = keep(p, cuda);
    return picture->buf[0] ? 0 : AVERROR(ENOMEM);
}

/* One that FFmpeg may have for as long as it likes. */
static int copy(CuframesCuda *cuda, AVFrame **picture)
{
    AVFrame *from = *picture, *to = av_frame_alloc();
    int ret = AVERROR(ENOMEM);

    if (!to)
        return ret;
    to->format = from->format;
    to->width  = from->width;
    to->height = from->height;
    if (cuda)
        ret = ff_cuframes_cuda_copy(cuda, to, from);
    else if ((ret = av_frame_get_buffer(to, 0)) >= 0)
        ret = av_frame_copy(to, from);
    if (ret >= 0 && (ret = av_frame_copy_props(to, from)) >= 0)
        FFSWAP(AVFrame *, *picture, to);
    av_frame_free(&to);
    return ret;
}

static void free_wrapped(void *opaque, uint8_t *data)
{
    AVFrame *picture = (AVFrame *)data;

    av_frame_free(&picture);
}

int ff_cuframes_picture_wrap(AVFormatContext *s, CuframesPicture *p, CuframesCuda *cuda,
                             AVPacket *pkt)
{
    const int may_stay = p->may_stay && (!cuda || lies_as_ours(&p->layout));
    AVFrame *picture = av_frame_alloc();
    int ret = AVERROR(ENOMEM);

    if (!picture || (ret = lend(p, cuda, picture)) < 0 ||
        (!may_stay && (ret = copy(cuda, &picture)) < 0))
        goto fail;
    pkt->buf = av_buffer_create((uint8_t *)picture, sizeof(*picture), free_wrapped, NULL, 0);
    if (!pkt->buf) {
        ret = AVERROR(ENOMEM);
        goto fail;
    }
    pkt->data   = pkt->buf->data;
    pkt->size   = pkt->buf->size;
    pkt->flags |= AV_PKT_FLAG_TRUSTED;
    return !may_stay;

fail:
    av_frame_free(&picture);
    return ret;
}
