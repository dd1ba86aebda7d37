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
 * Frames that stand elsewhere are copied into a slot to be published.
 */

#include "cuframes_out_copy.h"
#include "cuframes_out_cuda.h"
#include "cuframes_out_error.h"
#include "cuframes_out_slots.h"

static int copy_host(CuframesSlots *slots, const AVFrame *frame,
                     const cuframes_frame_meta_t *meta, uint64_t *seq)
{
    const void *data[4];
    int32_t pitch[4];

    for (int i = 0; i < 4; i++) {
        data[i]  = frame->data[i];
        pitch[i] = frame->linesize[i];
    }
    return cuframes_publisher_publish_copy(slots->publisher, data, pitch, meta, seq);
}

static int copy_on_gpu(CuframesSlots *slots, const AVFrame *frame,
                       const cuframes_frame_meta_t *meta, uint64_t *seq)
{
    uint64_t data[4];
    int32_t pitch[4];

    for (int i = 0; i < 4; i++) {
        data[i]  = (uintptr_t)frame->data[i];
        pitch[i] = frame->linesize[i];
    }
    return cuframes_publisher_publish_copy_on(slots->publisher,
                                              ff_cuframes_slots_stream(slots),
                                              data, pitch, meta, seq);
}

/* A download that fails leaves the slot to the next frame. */
static int copy_from_gpu(CuframesSlots *slots, const AVFrame *frame,
                         const cuframes_frame_meta_t *meta, int *download)
{
    cuframes_layout_t layout = { .struct_size = sizeof(layout) };
    void *host;
    int err;

    if ((err = cuframes_publisher_get_layout(slots->publisher, &layout)) ||
        (err = cuframes_publisher_acquire(slots->publisher, &host)))
        return err;
    *download = ff_cuframes_cuda_download(slots->device, frame, host, &layout);
    if (*download < 0)
        return CUFRAMES_OK;
    slots->downloads++;
    return cuframes_publisher_publish_ex(slots->publisher, NULL, meta);
}

int ff_cuframes_copy_publish(CuframesSlots *slots, const AVFrame *frame,
                             const cuframes_frame_meta_t *meta, uint64_t *seq,
                             void *log_ctx)
{
    int download = 0, err;

    if (!slots->device)
        err = copy_host(slots, frame, meta, seq);
    else if (slots->on_gpu)
        err = copy_on_gpu(slots, frame, meta, seq);
    else
        err = copy_from_gpu(slots, frame, meta, &download);

    if (download < 0)
        return download;
    if (err == CUFRAMES_ERR_WOULD_BLOCK || err == CUFRAMES_ERR_TIMEOUT)
        return CUFRAMES_NOT_PUBLISHED;
    return err ? ff_cuframes_failed(log_ctx, "cannot publish a frame", err)
               : CUFRAMES_PUBLISHED_COPY;
}
