/*
 * cuframes_out: publishes video frames to other processes.
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
 * The GPU on which FFmpeg's frames are: its context and its stream.
 */

#include "config.h"
#include "libavutil/error.h"

#include "cuframes_out_cuda.h"

#if CONFIG_CUDA
#include "libavutil/cuda_check.h"
#include "libavutil/hwcontext_cuda_internal.h"

static AVHWDeviceContext *device_context(const AVBufferRef *device)
{
    return (AVHWDeviceContext *)device->data;
}

static AVCUDADeviceContext *cuda_device(const AVBufferRef *device)
{
    return device_context(device)->hwctx;
}

void *ff_cuframes_cuda_context(const AVBufferRef *device)
{
    return cuda_device(device)->cuda_ctx;
}

void *ff_cuframes_cuda_stream(const AVBufferRef *device)
{
    return cuda_device(device)->stream;
}

#define CHECK_CU(x) FF_CUDA_CHECK_DL(device_context(device), cu, x)

static int copy_plane(const AVBufferRef *device, const AVFrame *frame, uint8_t *host,
                      const cuframes_layout_t *layout, int plane)
{
    AVCUDADeviceContext *cuda = cuda_device(device);
    CudaFunctions *cu = cuda->internal->cuda_dl;
    const CUDA_MEMCPY2D copy = {
        .srcMemoryType = CU_MEMORYTYPE_DEVICE,
        .srcDevice     = (CUdeviceptr)frame->data[plane],
        .srcPitch      = frame->linesize[plane],
        .dstMemoryType = CU_MEMORYTYPE_HOST,
        .dstHost       = host + layout->plane_offset[plane],
        .dstPitch      = layout->plane_pitch[plane],
        .WidthInBytes  = layout->plane_row_bytes[plane],
        .Height        = layout->plane_rows[plane],
    };

    return CHECK_CU(cu->cuMemcpy2DAsync(&copy, cuda->stream));
}

int ff_cuframes_cuda_download(const AVBufferRef *device, const AVFrame *frame,
                              uint8_t *host, const cuframes_layout_t *layout)
{
    AVCUDADeviceContext *cuda = cuda_device(device);
    CudaFunctions *cu = cuda->internal->cuda_dl;
    CUcontext popped;
    int ret = CHECK_CU(cu->cuCtxPushCurrent(cuda->cuda_ctx)), done;

    if (ret < 0)
        return ret;
    for (int i = 0; i < layout->plane_count && ret >= 0; i++)
        ret = copy_plane(device, frame, host, layout, i);
    done = CHECK_CU(cu->cuStreamSynchronize(cuda->stream));
    CHECK_CU(cu->cuCtxPopCurrent(&popped));
    return ret < 0 ? ret : done;
}

void ff_cuframes_cuda_synchronize(const AVBufferRef *device)
{
    AVCUDADeviceContext *cuda = cuda_device(device);
    CudaFunctions *cu = cuda->internal->cuda_dl;
    CUcontext popped;

    if (CHECK_CU(cu->cuCtxPushCurrent(cuda->cuda_ctx)) < 0)
        return;
    CHECK_CU(cu->cuStreamSynchronize(cuda->stream));
    CHECK_CU(cu->cuCtxPopCurrent(&popped));
}

#else /* This FFmpeg has no frames on GPUs, and nobody asks. */

void *ff_cuframes_cuda_context(const AVBufferRef *device)
{
    return NULL;
}

void *ff_cuframes_cuda_stream(const AVBufferRef *device)
{
    return NULL;
}

int ff_cuframes_cuda_download(const AVBufferRef *device, const AVFrame *frame,
                              uint8_t *host, const cuframes_layout_t *layout)
{
    return AVERROR(ENOSYS);
}

void ff_cuframes_cuda_synchronize(const AVBufferRef *device)
{
}

#endif
