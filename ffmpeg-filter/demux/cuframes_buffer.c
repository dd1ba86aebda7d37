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
 * Memory of a frame that is given back when nobody in FFmpeg refers to it any more.
 */

#include "cuframes_buffer.h"

/* Both run on the thread of whoever was last. That the frame was taken away meanwhile is
 * told when the next one is asked for. */
static void give_back(void *frame, uint8_t *data)
{
    cuframes_frame_release_on(frame, NULL, 0);
}

static void give_back_on_stream(void *frame, uint8_t *data)
{
    void *stream = NULL;

    cuframes_frame_release_on(frame, &stream, 1);
}

AVBufferRef *ff_cuframes_buffer(cuframes_frame_t *frame, uint8_t *data, size_t size,
                                int on_gpu)
{
    return av_buffer_create(data, size, on_gpu ? give_back_on_stream : give_back, frame,
                            AV_BUFFER_FLAG_READONLY);
}
