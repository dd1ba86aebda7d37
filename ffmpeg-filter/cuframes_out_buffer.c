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
 * What the filter before is given to write its picture into.
 */

#include "libavutil/buffer.h"
#include "libavutil/frame.h"
#include "libavutil/hwcontext.h"
#include "libavutil/pixfmt.h"

#include "avfilter.h"
#include "version.h"
#include "video.h"

#include "cuframes_out_buffer.h"
#include "cuframes_out_cuda.h"
#include "cuframes_out_link.h"
#include "cuframes_out_stream.h"

/* Whether a slot can be what is asked for. Frames on a GPU are as large as
 * their AVHWFramesContext says, and encoders expect the chroma planes of
 * yuv420p where FFmpeg's own frames have them. */
static int fits_slot(AVFilterLink *inlink, const AVHWFramesContext *frames, int w, int h)
{
    if (frames && (frames->width != w || frames->height != h ||
                   frames->sw_format == AV_PIX_FMT_YUV420P))
        return 0;
    return w == inlink->w && h == inlink->h;
}

static AVFrame *get_slot(CuframesStream *stream, AVFilterLink *inlink, int w, int h)
{
    AVBufferRef *hw_frames = ff_cuframes_link_hw_frames(inlink);
    const AVHWFramesContext *frames = ff_cuframes_cuda_frames(inlink->format, hw_frames);
    AVFrame *frame;

    if (!fits_slot(inlink, frames, w, h))
        return NULL;
    frame = ff_cuframes_stream_get_buffer(stream);
    if (frame && frames && !(frame->hw_frames_ctx = av_buffer_ref(hw_frames)))
        av_frame_free(&frame);
    return frame;
}

AVFrame *ff_cuframes_get_video_buffer(CuframesStream *stream, AVFilterLink *inlink,
                                      int w, int h)
{
    AVFrame *frame = stream ? get_slot(stream, inlink, w, h) : NULL;

    if (!frame)
        return ff_default_get_video_buffer(inlink, w, h);
    frame->width               = w;
    frame->height              = h;
    frame->format              = inlink->format;
    frame->sample_aspect_ratio = inlink->sample_aspect_ratio;
#if LIBAVFILTER_VERSION_MAJOR >= 10
    frame->colorspace          = inlink->colorspace;
    frame->color_range         = inlink->color_range;
#endif
    return frame;
}
