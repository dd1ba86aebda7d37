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

#include <stdio.h>

#include "config.h"
#include "libavutil/dict.h"
#include "libavutil/error.h"
#include "libavutil/hwcontext.h"
#include "libavutil/log.h"

#include "cuframes_cuda.h"
#include "cuframes_describe.h"

#if CONFIG_CUDA
#include "libavutil/cuda_check.h"
#include "libavutil/hwcontext_cuda_internal.h"

#define CHECK_CU(x) FF_CUDA_CHECK_DL(device, cu, x)

void ff_cuframes_cuda_synchronize(const CuframesCuda *cuda)
{
    AVHWDeviceContext *device = (AVHWDeviceContext *)cuda->device->data;
    AVCUDADeviceContext *hwctx = device->hwctx;
    CudaFunctions *cu = hwctx->internal->cuda_dl;
    CUcontext popped;

    if (CHECK_CU(cu->cuCtxPushCurrent(hwctx->cuda_ctx)) < 0)
        return;
    CHECK_CU(cu->cuStreamSynchronize(hwctx->stream));
    CHECK_CU(cu->cuCtxPopCurrent(&popped));
}
#else /* This FFmpeg has no frames on GPUs, and opens none. */
void ff_cuframes_cuda_synchronize(const CuframesCuda *cuda)
{
}
#endif

int ff_cuframes_cuda_open(AVFormatContext *s, CuframesCuda *cuda, int ordinal)
{
    AVDictionary *options = NULL;
    char name[16];
    int ret;

    snprintf(name, sizeof(name), "%d", ordinal);
    if ((ret = av_dict_set(&options, "primary_ctx", "1", 0)) >= 0)
        ret = av_hwdevice_ctx_create(&cuda->device, AV_HWDEVICE_TYPE_CUDA, name, options, 0);
    av_dict_free(&options);
    if (ret < 0)
        av_log(s, AV_LOG_ERROR, "output=cuda: there is no GPU %d to be used here\n", ordinal);
    return ret;
}

void ff_cuframes_cuda_close(CuframesCuda *cuda)
{
    av_buffer_unref(&cuda->frames);
    av_buffer_unref(&cuda->device);
}

static int is_shape(const AVBufferRef *frames, enum AVPixelFormat format,
                    const cuframes_layout_t *layout)
{
    const AVHWFramesContext *f = (const AVHWFramesContext *)frames->data;

    return f->sw_format == format && f->width == layout->width && f->height == layout->height;
}

static int begin_frames(CuframesCuda *cuda, enum AVPixelFormat format,
                        const cuframes_layout_t *layout)
{
    AVHWFramesContext *frames;
    int ret;

    av_buffer_unref(&cuda->frames);
    if (!(cuda->frames = av_hwframe_ctx_alloc(cuda->device)))
        return AVERROR(ENOMEM);
    frames            = (AVHWFramesContext *)cuda->frames->data;
    frames->format    = AV_PIX_FMT_CUDA;
    frames->sw_format = format;
    frames->width     = layout->width;
    frames->height    = layout->height;
    if ((ret = av_hwframe_ctx_init(cuda->frames)) < 0)
        av_buffer_unref(&cuda->frames);
    return ret;
}

int ff_cuframes_cuda_attach(CuframesCuda *cuda, AVFrame *picture,
                            const cuframes_layout_t *layout)
{
    const enum AVPixelFormat format = ff_cuframes_pixel_format(layout->format);
    int ret;

    if ((!cuda->frames || !is_shape(cuda->frames, format, layout)) &&
        (ret = begin_frames(cuda, format, layout)) < 0)
        return ret;
    picture->format        = AV_PIX_FMT_CUDA;
    picture->hw_frames_ctx = av_buffer_ref(cuda->frames);
    return picture->hw_frames_ctx ? 0 : AVERROR(ENOMEM);
}

int ff_cuframes_cuda_copy(CuframesCuda *cuda, AVFrame *to, const AVFrame *from)
{
    int ret = av_hwframe_get_buffer(cuda->frames, to, 0);

    return ret < 0 ? ret : av_hwframe_transfer_data(to, from, 0);
}
