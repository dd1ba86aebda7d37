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
 * What a filter does with its publisher.
 */

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#include "libavutil/error.h"
#include "libavutil/log.h"

#include "cuframes_out.h"
#include "cuframes_out_copy.h"
#include "cuframes_out_cuda.h"
#include "cuframes_out_error.h"
#include "cuframes_out_slots.h"
#include "cuframes_out_stream.h"

static atomic_int interrupted;

void av_cuframes_out_interrupt(void)
{
    atomic_store(&interrupted, 1);
}

int ff_cuframes_interrupted(void)
{
    return atomic_load(&interrupted);
}

int ff_cuframes_stream_finish(CuframesStream *stream, void *log_ctx)
{
    int err = cuframes_publisher_finish(stream->slots.publisher);

    return err ? ff_cuframes_failed(log_ctx, "cannot end the stream", err) : 0;
}

int ff_cuframes_stream_wait(CuframesStream *stream, unsigned n, void *log_ctx)
{
    /* In slices, so that a signal to the program ends the wait. */
    const int slice_ms = 100;

    while (!ff_cuframes_interrupted()) {
        int err = cuframes_publisher_wait_subscribers(stream->slots.publisher, n, slice_ms);

        if (err != CUFRAMES_ERR_TIMEOUT)
            return err ? ff_cuframes_failed(log_ctx, "waiting for subscribers", err) : 0;
    }
    return AVERROR_EXIT;
}

int ff_cuframes_stream_reconfigure(CuframesStream *stream, int format,
                                   int width, int height,
                                   const cuframes_stream_info_t *info,
                                   void *log_ctx)
{
    const int new_info = memcmp(info, &stream->info, sizeof(*info));
    const int new_picture = format != stream->format ||
                            width != stream->width || height != stream->height;
    int err = 0;

    if (!new_info && !new_picture)
        return 0;
    /* Either begins a new epoch, with a new pool. */
    ff_cuframes_slots_leave(&stream->slots);
    if (new_picture)
        err = cuframes_publisher_reconfigure(stream->slots.publisher, format, width, height);
    if (err)
        return ff_cuframes_failed(log_ctx, "cannot change the picture", err);
    stream->format = format;
    stream->width  = width;
    stream->height = height;
    if (new_info)
        err = cuframes_publisher_set_stream_info(stream->slots.publisher, info);
    if (err)
        return ff_cuframes_failed(log_ctx, "cannot set the stream's properties", err);
    stream->info = *info;
    return 0;
}

AVFrame *ff_cuframes_stream_get_buffer(CuframesStream *stream)
{
    return ff_cuframes_slots_get_buffer(&stream->slots);
}

/* A graph that is configured for one device may be given frames of another. */
static int is_elsewhere(const AVBufferRef *device, const AVFrame *frame)
{
    const AVHWFramesContext *frames = ff_cuframes_cuda_frames(frame->format,
                                                              frame->hw_frames_ctx);

    return !frames != !device ||
           (frames && ff_cuframes_cuda_context(frames->device_ref) !=
                      ff_cuframes_cuda_context(device));
}

int ff_cuframes_stream_publish(CuframesStream *stream, AVFrame *frame,
                               const cuframes_frame_meta_t *meta,
                               uint64_t *seq, void *log_ctx)
{
    CuframesSlots *slots = &stream->slots;
    struct SlotBuffer *buffer = ff_cuframes_slots_find(slots, frame);

    if (is_elsewhere(slots->device, frame)) {
        av_log(log_ctx, AV_LOG_ERROR, "a frame is on another device than those that "
               "the graph was configured for\n");
        return AVERROR(EINVAL);
    }
    return buffer ? ff_cuframes_slots_publish(slots, buffer, frame, meta, seq, log_ctx)
                  : ff_cuframes_copy_publish(slots, frame, meta, seq, log_ctx);
}

void ff_cuframes_stream_log_totals(const CuframesStream *stream, void *log_ctx)
{
    cuframes_publisher_stats_t stats = { .struct_size = sizeof(stats) };

    if (!cuframes_publisher_get_stats(stream->slots.publisher, &stats))
        av_log(log_ctx, AV_LOG_INFO, "key '%s': %"PRIu64" published, %"PRIu64" dropped, "
               "%"PRIu64" copies\n", stream->key, stats.published, stats.dropped,
               stats.copies + stream->slots.downloads);
}
