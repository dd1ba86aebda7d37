/*
 * cuframes_out: what the filter before writes its picture into.
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

#ifndef AVFILTER_CUFRAMES_OUT_BUFFER_H
#define AVFILTER_CUFRAMES_OUT_BUFFER_H

#include "libavutil/frame.h"

#include "avfilter.h"

#include "cuframes_out_stream.h"

/**
 * A slot of the stream, or ordinary memory if none can be spared, if the picture
 * is not one of the link, or if there is no stream (NULL).
 */
AVFrame *ff_cuframes_get_video_buffer(CuframesStream *stream, AVFilterLink *inlink,
                                      int w, int h);

#endif /* AVFILTER_CUFRAMES_OUT_BUFFER_H */
