/*
 * cuframes_out: a publisher and what is known of it.
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

#ifndef AVFILTER_CUFRAMES_OUT_STREAM_H
#define AVFILTER_CUFRAMES_OUT_STREAM_H

#include <cuframes/cuframes.h>

#include "libavutil/buffer.h"
#include "libavutil/frame.h"

#include "cuframes_out_slots.h"

/* A filter such as hwupload_cuda has a context of its own, a new one in every
 * graph; the publisher needs those that it was in as long as it lives. */
#define MAX_DEVICES 8

/**
 * A publisher and the AVFrames that stand in its slots. One per key and
 * process; it outlives the filter instance, because ffmpeg replaces the whole
 * graph, without an end of input, when the picture changes its size.
 */
typedef struct CuframesStream {
    struct CuframesStream *next;
    char *key, *options;
    int in_use;                   ///< a filter instance has it; else it is parked

    int format, width, height;
    cuframes_stream_info_t info;

    AVBufferRef *devices[MAX_DEVICES]; ///< of frames on a GPU, the present one last
    unsigned nb_devices;
    int memory, sync;

    CuframesSlots slots;
} CuframesStream;

/** Tell the subscribers that no frame will ever follow. */
int ff_cuframes_stream_finish(CuframesStream *stream, void *log_ctx);

/** Wait until n subscribers have joined or the program is interrupted. */
int ff_cuframes_stream_wait(CuframesStream *stream, unsigned n, void *log_ctx);

/** Give the stream another picture; nothing happens if it has this one. */
int ff_cuframes_stream_reconfigure(CuframesStream *stream, int format,
                                   int width, int height,
                                   const cuframes_stream_info_t *info,
                                   void *log_ctx);

/**
 * A writable frame in a free slot, on the GPU if frames are published there:
 * planes, pitches and buffer are set. NULL when no slot can be spared.
 */
AVFrame *ff_cuframes_stream_get_buffer(CuframesStream *stream);

/**
 * Publish a frame: in place if it stands in one of our slots as we handed it
 * out, else by one copy. A frame published in place gets a read-only buffer.
 *
 * @return an enum CuframesPublished, or a negative AVERROR
 */
int ff_cuframes_stream_publish(CuframesStream *stream, AVFrame *frame,
                               const cuframes_frame_meta_t *meta,
                               uint64_t *seq, void *log_ctx);

/** Say what was published, dropped and copied; copies include downloads from a GPU. */
void ff_cuframes_stream_log_totals(const CuframesStream *stream, void *log_ctx);

#endif /* AVFILTER_CUFRAMES_OUT_STREAM_H */
