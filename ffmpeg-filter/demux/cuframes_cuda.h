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
 * The GPU on which frames arrive, as FFmpeg has it.
 */

#ifndef AVFORMAT_CUFRAMES_CUDA_H
#define AVFORMAT_CUFRAMES_CUDA_H

#include <cuframes/cuframes.h>

#include "libavutil/frame.h"

#include "avformat.h"

typedef struct CuframesCuda {
    AVBufferRef *device;
    AVBufferRef *frames;    ///< of the shape of the newest frame
} CuframesCuda;

/**
 * Its primary context, which is the one that the library has for a device, and its default
 * stream.
 */
int ff_cuframes_cuda_open(AVFormatContext *s, CuframesCuda *cuda, int ordinal);

void ff_cuframes_cuda_close(CuframesCuda *cuda);

/** Wait until all is done that FFmpeg has asked of the GPU. */
void ff_cuframes_cuda_synchronize(const CuframesCuda *cuda);

/** Make picture one of frames of this shape, which begin anew when the shape does. */
int ff_cuframes_cuda_attach(CuframesCuda *cuda, AVFrame *picture,
                            const cuframes_layout_t *layout);

/** Another picture of the same shape, with the same pixels, in memory of FFmpeg's own. */
int ff_cuframes_cuda_copy(CuframesCuda *cuda, AVFrame *to, const AVFrame *from);

#endif /* AVFORMAT_CUFRAMES_CUDA_H */
