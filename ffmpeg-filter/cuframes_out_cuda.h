/*
 * cuframes_out: the GPU on which FFmpeg's frames are.
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

#ifndef AVFILTER_CUFRAMES_OUT_CUDA_H
#define AVFILTER_CUFRAMES_OUT_CUDA_H

#include <stdint.h>

#include <cuframes/cuframes.h>

#include "libavutil/buffer.h"
#include "libavutil/frame.h"
#include "libavutil/hwcontext.h"

/* Below, `device` refers to the AVHWDeviceContext of frames that are on a GPU. */

/** What frames of a format are made of, if they are on a GPU; NULL if not. */
static inline const AVHWFramesContext *
ff_cuframes_cuda_frames(enum AVPixelFormat format, const AVBufferRef *hw_frames_ctx)
{
    return format == AV_PIX_FMT_CUDA && hw_frames_ctx
           ? (const AVHWFramesContext *)hw_frames_ctx->data : NULL;
}

/** The CUcontext in which FFmpeg works. */
void *ff_cuframes_cuda_context(const AVBufferRef *device);

/** The CUstream on which FFmpeg works; NULL is the context's default stream. */
void *ff_cuframes_cuda_stream(const AVBufferRef *device);

/** Copy a frame into host memory, where its planes are to be as layout says. */
int ff_cuframes_cuda_download(const AVBufferRef *device, const AVFrame *frame,
                              uint8_t *host, const cuframes_layout_t *layout);

/** Wait until everything that was given to the stream is done. */
void ff_cuframes_cuda_synchronize(const AVBufferRef *device);

#endif /* AVFILTER_CUFRAMES_OUT_CUDA_H */
