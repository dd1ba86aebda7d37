/*
 * cuframes_out: pixel formats, and how they are agreed upon.
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

#ifndef AVFILTER_CUFRAMES_OUT_FORMATS_H
#define AVFILTER_CUFRAMES_OUT_FORMATS_H

#include "libavutil/hwcontext.h"
#include "libavutil/pixfmt.h"

#include "avfilter.h"

/**
 * The cuframes_format_t with the same bytes in memory. If there is none, say so,
 * and which can be published.
 *
 * @param frames what the frame is made of, if it is on a GPU
 * @return AVERROR(EINVAL) if there is none
 */
int ff_cuframes_picture_format(AVFilterContext *ctx, enum AVPixelFormat format,
                               const AVHWFramesContext *frames);

/**
 * The filter's part in the agreement on formats.
 *
 * @param asked how often the filter was asked before
 */
int ff_cuframes_query_formats(AVFilterContext *ctx, int *asked);

#endif /* AVFILTER_CUFRAMES_OUT_FORMATS_H */
