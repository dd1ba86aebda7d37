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

#include "libavutil/buffer.h"

#include "cuframes_out.h"
#include "cuframes_out_slots.h"

/* A filter such as hwupload_cuda has a context of its own, a new one in every
 * graph; the publisher needs those that it was in as long as it lives. */
#define MAX_DEVICES 8

struct CuframesStream {
    CuframesStream *next;
    char *key, *options;
    int in_use;                   ///< a filter instance has it; else it is parked

    int format, width, height;
    cuframes_stream_info_t info;

    AVBufferRef *devices[MAX_DEVICES]; ///< of frames on a GPU, the present one last
    unsigned nb_devices;
    int memory, sync;

    CuframesSlots slots;
};

#endif /* AVFILTER_CUFRAMES_OUT_STREAM_H */
