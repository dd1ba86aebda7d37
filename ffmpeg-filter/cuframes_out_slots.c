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

/**
 * @file
 * AVFrames that stand in the slots of a publisher.
 *
 * The AVBuffer made around a slot, called `own` below, holds the slot while any
 * AVFrame of the process refers to it. Publishing hands downstream a read-only
 * AVBuffer that refers to `own`, so that no filter draws into pixels that
 * subscribers are reading.
 */

#include <pthread.h>

#include "libavutil/buffer.h"
#include "libavutil/error.h"
#include "libavutil/log.h"
#include "libavutil/mem.h"

#include "cuframes_out_cuda.h"
#include "cuframes_out_error.h"
#include "cuframes_out_readonly.h"
#include "cuframes_out_slots.h"

typedef struct SlotBuffer {
    struct SlotBuffer *next;
    CuframesSlots     *slots;     ///< NULL once the publisher has left this pool
    cuframes_slot_t   *slot;
    AVBufferRef       *device;    ///< where the slot is, NULL for host memory
    int                published;
} SlotBuffer;

/* Guards the lists of slots. Never held while a buffer is released, which takes
 * it, in whatever thread the last reference is dropped. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void *ff_cuframes_slots_stream(const CuframesSlots *slots)
{
    return slots->on_gpu ? ff_cuframes_cuda_stream(slots->device) : NULL;
}

/* On a GPU it is a device pointer, as in any AVFrame there. */
static uint8_t *plane_of(const SlotBuffer *buffer, int i)
{
    if (buffer->device)
        return (uint8_t *)(uintptr_t)cuframes_slot_cuda_plane(buffer->slot, i);
    return cuframes_slot_plane(buffer->slot, i);
}

static void unlink_slot(SlotBuffer *buffer)
{
    SlotBuffer **at = &buffer->slots->first;

    while (*at != buffer)
        at = &(*at)->next;
    *at = buffer->next;
    buffer->slots->nb--;
    buffer->slots = NULL;
}

/* What was given to FFmpeg's stream may still read the slot. Its next writer
 * comes behind that in the same stream; but when the publisher has left, the
 * memory goes. */
static void release_slot(void *opaque, uint8_t *data)
{
    SlotBuffer *buffer = opaque;
    int left;

    pthread_mutex_lock(&lock);
    left = !buffer->slots;
    if (!left)
        unlink_slot(buffer);
    pthread_mutex_unlock(&lock);

    if (left && buffer->device)
        ff_cuframes_cuda_synchronize(buffer->device);
    cuframes_slot_release(buffer->slot);
    av_buffer_unref(&buffer->device);
    av_free(buffer);
}

void ff_cuframes_slots_leave(CuframesSlots *slots)
{
    if (slots->on_gpu)
        ff_cuframes_cuda_synchronize(slots->device);
    pthread_mutex_lock(&lock);
    while (slots->first)
        unlink_slot(slots->first);
    pthread_mutex_unlock(&lock);
    ff_cuframes_readonly_release();
}

static int acquire_slot(CuframesSlots *slots, SlotBuffer *buffer)
{
    if (!slots->on_gpu)
        return cuframes_publisher_acquire_slot(slots->publisher, &buffer->slot);
    buffer->device = av_buffer_ref(slots->device);
    if (!buffer->device)
        return CUFRAMES_ERR_NO_MEMORY;
    return cuframes_publisher_acquire_slot_on(slots->publisher,
                                              ff_cuframes_slots_stream(slots), &buffer->slot);
}

static AVBufferRef *claim_slot(CuframesSlots *slots)
{
    SlotBuffer *buffer = av_mallocz(sizeof(*buffer));
    cuframes_layout_t layout = { .struct_size = sizeof(layout) };
    AVBufferRef *own;

    if (!buffer)
        return NULL;
    if (cuframes_publisher_get_layout(slots->publisher, &layout) ||
        acquire_slot(slots, buffer))
        goto fail;
    own = av_buffer_create(plane_of(buffer, 0), layout.frame_size, release_slot, buffer, 0);
    if (!own) {
        cuframes_slot_release(buffer->slot);
        goto fail;
    }

    pthread_mutex_lock(&lock);
    buffer->slots = slots;
    buffer->next  = slots->first;
    slots->first  = buffer;
    slots->nb++;
    pthread_mutex_unlock(&lock);
    return own;

fail:
    av_buffer_unref(&buffer->device);
    av_free(buffer);
    return NULL;
}

static int may_claim(const CuframesSlots *slots)
{
    int ret;

    pthread_mutex_lock(&lock);
    ret = slots->nb < slots->max;
    pthread_mutex_unlock(&lock);
    return ret;
}

AVFrame *ff_cuframes_slots_get_buffer(CuframesSlots *slots)
{
    AVFrame *frame;
    SlotBuffer *buffer;

    ff_cuframes_readonly_release();
    if ((slots->device && !slots->on_gpu) || !may_claim(slots))
        return NULL;
    frame = av_frame_alloc();
    if (!frame)
        return NULL;
    frame->buf[0] = claim_slot(slots);
    if (!frame->buf[0]) {
        av_frame_free(&frame);
        return NULL;
    }
    buffer = av_buffer_get_opaque(frame->buf[0]);
    for (int i = 0; i < 4 && plane_of(buffer, i); i++) {
        frame->data[i]     = plane_of(buffer, i);
        frame->linesize[i] = cuframes_slot_pitch(buffer->slot, i);
    }
    return frame;
}

SlotBuffer *ff_cuframes_slots_find(const CuframesSlots *slots, const AVFrame *frame)
{
    SlotBuffer *buffer;

    ff_cuframes_readonly_release();
    if (!frame->buf[0] || frame->buf[1])
        return NULL;
    pthread_mutex_lock(&lock);
    for (buffer = slots->first; buffer; buffer = buffer->next)
        if (buffer == av_buffer_get_opaque(frame->buf[0]))
            break;
    pthread_mutex_unlock(&lock);

    if (!buffer || buffer->published)
        return NULL;
    for (int i = 0; i < 4; i++) {
        if (frame->data[i] != plane_of(buffer, i))
            return NULL;
        if (frame->data[i] &&
            frame->linesize[i] != cuframes_slot_pitch(buffer->slot, i))
            return NULL;
    }
    return buffer;
}

int ff_cuframes_slots_publish(CuframesSlots *slots, SlotBuffer *buffer, AVFrame *frame,
                              const cuframes_frame_meta_t *meta, uint64_t *seq,
                              void *log_ctx)
{
    CuframesReadOnly to;
    int err, ret = ff_cuframes_readonly_prepare(&to, frame->buf[0]);

    if (ret < 0)
        return ret;
    err = cuframes_publisher_publish_slot(slots->publisher, buffer->slot,
                                          ff_cuframes_slots_stream(slots), meta, seq);
    if (err) {
        ff_cuframes_readonly_discard(&to);
        return ff_cuframes_failed(log_ctx, "cannot publish a frame", err);
    }
    buffer->published = 1;
    ff_cuframes_readonly_replace(&to, &frame->buf[0]);
    return CUFRAMES_PUBLISHED_IN_PLACE;
}
