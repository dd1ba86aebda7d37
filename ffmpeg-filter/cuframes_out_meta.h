/*
 * cuframes_out: what FFmpeg knows of a frame and its stream.
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

#ifndef AVFILTER_CUFRAMES_OUT_META_H
#define AVFILTER_CUFRAMES_OUT_META_H

#include <cuframes/cuframes.h>

#include "libavutil/frame.h"
#include "libavutil/rational.h"

#include "avfilter.h"

/** Flags, colour and crop of the frame; neither pts nor duration. */
void ff_cuframes_frame_meta(cuframes_frame_meta_t *meta, const AVFrame *frame);

/** Pts and duration, from the frame or its link, in nanoseconds. */
void ff_cuframes_meta_set_times(cuframes_frame_meta_t *meta, AVFilterLink *inlink,
                                const AVFrame *frame);

/** Frame rate and sample aspect ratio; other fields are left as they are. */
void ff_cuframes_info_set_rates(cuframes_stream_info_t *info,
                                AVRational frame_rate, AVRational sar);

/** HDR side data; what the frame does not carry is left as it is. */
void ff_cuframes_info_set_hdr(cuframes_stream_info_t *info, const AVFrame *frame);

#endif /* AVFILTER_CUFRAMES_OUT_META_H */
