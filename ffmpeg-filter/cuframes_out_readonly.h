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

#ifndef AVFILTER_CUFRAMES_OUT_READONLY_H
#define AVFILTER_CUFRAMES_OUT_READONLY_H

#include "libavutil/buffer.h"

/** What takes the place of a buffer. */
typedef struct CuframesReadOnly {
    AVBufferRef *ref;
    struct Kept *kept;            ///< if others refer to the buffer
} CuframesReadOnly;

/** Make a read-only buffer that refers to `own`; 0 or AVERROR(ENOMEM). */
int ff_cuframes_readonly_prepare(CuframesReadOnly *to, const AVBufferRef *own);

/** It is not wanted after all. */
void ff_cuframes_readonly_discard(CuframesReadOnly *to);

/**
 * Put it where `own` is. Others who refer to `own` never find it writable: it
 * is kept until they have let go of it.
 */
void ff_cuframes_readonly_replace(CuframesReadOnly *to, AVBufferRef **own);

/** Let go of the kept buffers to which nobody else refers any more. */
void ff_cuframes_readonly_release(void);

#endif /* AVFILTER_CUFRAMES_OUT_READONLY_H */
