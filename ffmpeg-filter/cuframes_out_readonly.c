/*
 * cuframes_out: a buffer that is handed on read-only.
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
 * A buffer that is handed on read-only, while its owners keep it writable.
 */

#include <pthread.h>

#include "libavutil/buffer.h"
#include "libavutil/error.h"
#include "libavutil/mem.h"

#include "cuframes_out_readonly.h"

/* An own buffer that something upstream still referred to when it was handed
 * on, and would find writable once the read-only buffer is gone. */
typedef struct Kept {
    struct Kept *next;
    AVBufferRef *own;
} Kept;

/* Guards the list. Never held while a buffer is released, which may take any
 * other lock, in whatever thread the last reference is dropped. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Kept *kept;

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

int ff_cuframes_readonly_prepare(CuframesReadOnly *to, const AVBufferRef *own)
{
    const int shared = av_buffer_get_ref_count(own) > 1;

    to->kept = shared ? av_mallocz(sizeof(*to->kept)) : NULL;
    to->ref  = read_only(own);
    if (to->ref && (to->kept || !shared))
        return 0;
    ff_cuframes_readonly_discard(to);
    return AVERROR(ENOMEM);
}

void ff_cuframes_readonly_discard(CuframesReadOnly *to)
{
    av_buffer_unref(&to->ref);
    av_freep(&to->kept);
}

static void keep_buffer(Kept *entry, AVBufferRef *own)
{
    entry->own = own;
    pthread_mutex_lock(&lock);
    entry->next = kept;
    kept = entry;
    pthread_mutex_unlock(&lock);
}

void ff_cuframes_readonly_replace(CuframesReadOnly *to, AVBufferRef **own)
{
    if (to->kept)
        keep_buffer(to->kept, *own);
    else
        av_buffer_unref(own);
    *own = to->ref;
}

void ff_cuframes_readonly_release(void)
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
