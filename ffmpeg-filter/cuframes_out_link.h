/*
 * cuframes_out: what an AVFilterLink knows, in every release of FFmpeg.
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

#ifndef AVFILTER_CUFRAMES_OUT_LINK_H
#define AVFILTER_CUFRAMES_OUT_LINK_H

#include "libavutil/buffer.h"
#include "libavutil/rational.h"

#include "avfilter.h"
#include "filters.h"
#include "version.h"

static inline AVRational ff_cuframes_link_frame_rate(AVFilterLink *link)
{
#if LIBAVFILTER_VERSION_MAJOR < 10
    return link->frame_rate;
#else
    return ff_filter_link(link)->frame_rate;
#endif
}

static inline AVBufferRef *ff_cuframes_link_hw_frames(AVFilterLink *link)
{
#if LIBAVFILTER_VERSION_MAJOR < 10
    return link->hw_frames_ctx;
#else
    return ff_filter_link(link)->hw_frames_ctx;
#endif
}

#endif /* AVFILTER_CUFRAMES_OUT_LINK_H */
