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

#ifndef AVFORMAT_CUFRAMES_BUFFER_H
#define AVFORMAT_CUFRAMES_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include <cuframes/cuframes.h>

#include "libavutil/buffer.h"

/**
 * A read-only buffer.
 *
 * @param frame  given back by the buffer, unless this fails
 * @param on_gpu it is read in the order of the default stream
 */
AVBufferRef *ff_cuframes_buffer(cuframes_frame_t *frame, uint8_t *data, size_t size,
                                int on_gpu);

#endif /* AVFORMAT_CUFRAMES_BUFFER_H */
