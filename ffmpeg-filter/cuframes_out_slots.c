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
#include "libavutil/mem.h"

#include "cuframes_out.h"
#include "cuframes_out_slots.h"

typedef struct SlotBuffer {
    struct SlotBuffer *next;
    CuframesSlots     *slots;     ///< NULL once the publisher has left this pool
    cuframes_slot_t   *slot;
    int                published;
} SlotBuffer;

/* An `own` buffer that something upstream still referred to when it was
 * published, and would find writable once our read-only buffer is gone. */
typedef struct Kept {
    struct Kept *next;
    AVBufferRef *own;
} Kept;

/* Guards the lists of slots and of kept buffers. Never held while a buffer is
 * released, which takes it, in whatever thread the last reference is dropped. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Kept *kept;

static void unlink_slot(SlotBuffer *buffer)
{
    SlotBuffer **at = &buffer->slots->first;

    while (*at != buffer)
        at = &(*at)->next;
    *at = buffer->next;
    buffer->slots->nb--;
    buffer->slots = NULL;
}

static void release_slot(void *opaque, uint8_t *data)
{
    SlotBuffer *buffer = opaque;

    pthread_mutex_lock(&lock);
    if (buffer->slots)
        unlink_slot(buffer);
    pthread_mutex_unlock(&lock);

    cuframes_slot_release(buffer->slot);
    av_free(buffer);
}

static void keep_buffer(Kept *entry)
{
    pthread_mutex_lock(&lock);
    entry->next = kept;
    kept = entry;
    pthread_mutex_unlock(&lock);
}

/* Let go of the kept buffers to which nobody but us refers any more. */
static void release_kept(void)
{
    Kept *done = NULL, **at = &kept;

    pthread_mutex_lock(&lock);
    while (*at) {
        Kept *entry = *at;

        if (av_buffer_get_ref_count(entry->own) > 1) {
            at = &entry->next;
            continue;
        }
        *at = entry->next;
        entry->next = done;
        done = entry;
    }
    pthread_mutex_unlock(&lock);

    while (done) {
        Kept *entry = done;

        done = entry->next;
        av_buffer_unref(&entry->own);
        av_free(entry);
    }
}

void ff_cuframes_slots_leave(CuframesSlots *slots)
{
    pthread_mutex_lock(&lock);
    while (slots->first)
        unlink_slot(slots->first);
    pthread_mutex_unlock(&lock);
    release_kept();
}

static AVBufferRef *claim_slot(CuframesSlots *slots)
{
    SlotBuffer *buffer = av_mallocz(sizeof(*buffer));
    cuframes_layout_t layout = { .struct_size = sizeof(layout) };
    AVBufferRef *own;

    if (!buffer)
        return NULL;
    if (cuframes_publisher_get_layout(slots->publisher, &layout) ||
        cuframes_publisher_acquire_slot(slots->publisher, &buffer->slot)) {
        av_free(buffer);
        return NULL;
    }
    own = av_buffer_create(cuframes_slot_plane(buffer->slot, 0), layout.frame_size,
                           release_slot, buffer, 0);
    if (!own) {
        cuframes_slot_release(buffer->slot);
        av_free(buffer);
        return NULL;
    }

    pthread_mutex_lock(&lock);
    buffer->slots = slots;
    buffer->next  = slots->first;
    slots->first  = buffer;
    slots->nb++;
    pthread_mutex_unlock(&lock);
    return own;
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

    release_kept();
    if (!may_claim(slots))
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
    for (int i = 0; i < 4 && cuframes_slot_plane(buffer->slot, i); i++) {
        frame->data[i]     = cuframes_slot_plane(buffer->slot, i);
        frame->linesize[i] = cuframes_slot_pitch(buffer->slot, i);
    }
    return frame;
}

/* The slot in which the frame stands exactly as we handed it out: not a frame
 * that a filter cropped or flipped by moving pointers, and not one that was
 * published before (a filter that repeats a frame sends it again). */
static SlotBuffer *slot_of(const CuframesSlots *slots, const AVFrame *frame)
{
    SlotBuffer *buffer;

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
        if (frame->data[i] != cuframes_slot_plane(buffer->slot, i))
            return NULL;
        if (frame->data[i] &&
            frame->linesize[i] != cuframes_slot_pitch(buffer->slot, i))
            return NULL;
    }
    return buffer;
}

static void unref_own(void *opaque, uint8_t *data)
{
    AVBufferRef *own = opaque;

    av_buffer_unref(&own);
}

static AVBufferRef *read_only(const AVBufferRef *buf)
{
    AVBufferRef *own = av_buffer_ref(buf), *ref;

    if (!own)
        return NULL;
    ref = av_buffer_create(own->data, own->size, unref_own, own,
                           AV_BUFFER_FLAG_READONLY);
    if (!ref)
        av_buffer_unref(&own);
    return ref;
}

static int publish_in_place(CuframesSlots *slots, SlotBuffer *buffer, AVFrame *frame,
                            const cuframes_frame_meta_t *meta, uint64_t *seq)
{
    const int shared = av_buffer_get_ref_count(frame->buf[0]) > 1;
    Kept *entry = shared ? av_mallocz(sizeof(*entry)) : NULL;
    AVBufferRef *ref = read_only(frame->buf[0]);
    int err = CUFRAMES_ERR_NO_MEMORY;

    if (ref && (entry || !shared))
        err = cuframes_publisher_publish_slot(slots->publisher, buffer->slot,
                                              NULL, meta, seq);
    if (err) {
        av_buffer_unref(&ref);
        av_free(entry);
        return err;
    }
    buffer->published = 1;
    if (shared) {
        entry->own = frame->buf[0];
        keep_buffer(entry);
    } else {
        av_buffer_unref(&frame->buf[0]);
    }
    frame->buf[0] = ref;
    return CUFRAMES_PUBLISHED_IN_PLACE;
}

static int publish_copy(CuframesSlots *slots, const AVFrame *frame,
                        const cuframes_frame_meta_t *meta, uint64_t *seq)
{
    const void *data[4];
    int32_t pitch[4];
    int err;

    for (int i = 0; i < 4; i++) {
        data[i]  = frame->data[i];
        pitch[i] = frame->linesize[i];
    }
    err = cuframes_publisher_publish_copy(slots->publisher, data, pitch, meta, seq);
    if (err == CUFRAMES_ERR_WOULD_BLOCK || err == CUFRAMES_ERR_TIMEOUT)
        return CUFRAMES_NOT_PUBLISHED;
    return err ? err : CUFRAMES_PUBLISHED_COPY;
}

int ff_cuframes_slots_publish(CuframesSlots *slots, AVFrame *frame,
                              const cuframes_frame_meta_t *meta, uint64_t *seq)
{
    SlotBuffer *buffer = slot_of(slots, frame);

    release_kept();
    return buffer ? publish_in_place(slots, buffer, frame, meta, seq)
                  : publish_copy(slots, frame, meta, seq);
}
