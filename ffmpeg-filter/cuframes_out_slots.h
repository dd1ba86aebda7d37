/*
 * cuframes_out: AVFrames that stand in the slots of a publisher.
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


#ifndef AVFILTER_CUFRAMES_OUT_SLOTS_H
#define AVFILTER_CUFRAMES_OUT_SLOTS_H

#include <stdint.h>

#include <cuframes/cuframes.h>

#include "libavutil/buffer.h"
#include "libavutil/frame.h"

/** Where the pixels of a published frame came from. */
enum CuframesPublished {
    CUFRAMES_PUBLISHED_IN_PLACE, ///< they already stood in a slot
    CUFRAMES_PUBLISHED_COPY,     ///< they were copied into a slot
    CUFRAMES_NOT_PUBLISHED,      ///< no slot was free: dropped, and counted
};

/** The slots of a publisher's present pool in which AVFrames stand. */
typedef struct CuframesSlots {
    cuframes_publisher_t *publisher;
    struct SlotBuffer    *first;
    unsigned              nb, max;
    AVBufferRef          *device;  ///< where FFmpeg's frames are, NULL for host memory
    int                   on_gpu;  ///< the slots are there too
    uint64_t              downloads; ///< frames copied from there into host memory
} CuframesSlots;

/**
 * A writable frame in a free slot: planes, pitches and buffer are set.
 * NULL when no slot can be spared.
 */
AVFrame *ff_cuframes_slots_get_buffer(CuframesSlots *slots);

/**
 * The slot in which the frame stands exactly as we handed it out, NULL if none:
 * not a frame that a filter cropped or flipped by moving pointers, and not one
 * that was published before (a filter that repeats a frame sends it again).
 */
struct SlotBuffer *ff_cuframes_slots_find(const CuframesSlots *slots, const AVFrame *frame);

/**
 * Publish the frame that stands in this slot; it gets a read-only buffer.
 *
 * @return CUFRAMES_PUBLISHED_IN_PLACE, or a negative AVERROR
 */
int ff_cuframes_slots_publish(CuframesSlots *slots, struct SlotBuffer *buffer,
                              AVFrame *frame, const cuframes_frame_meta_t *meta,
                              uint64_t *seq, void *log_ctx);

/** The CUstream on which frames are made and published, NULL for host memory. */
void *ff_cuframes_slots_stream(const CuframesSlots *slots);

/**
 * The pool is gone or going. Frames may stay in it as long as they like, but
 * none of them is published in place any more.
 */
void ff_cuframes_slots_leave(CuframesSlots *slots);

#endif /* AVFILTER_CUFRAMES_OUT_SLOTS_H */
