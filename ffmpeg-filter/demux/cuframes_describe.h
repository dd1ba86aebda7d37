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
 * What cuframes says about a stream and its frames, in the terms of FFmpeg.
 */

#ifndef AVFORMAT_CUFRAMES_DESCRIBE_H
#define AVFORMAT_CUFRAMES_DESCRIBE_H

#include <cuframes/cuframes.h>

#include "libavutil/frame.h"

#include "avformat.h"

/** FFmpeg's name of a cuframes_format_t, AV_PIX_FMT_NONE for one of a newer library. */
enum AVPixelFormat ff_cuframes_pixel_format(int format);

/** Size, format, rate, aspect, colour and fields of the stream, as its first frame has them. */
void ff_cuframes_describe_stream(AVStream *st, const cuframes_layout_t *layout,
                                 const cuframes_frame_meta_t *meta,
                                 const cuframes_stream_info_t *info);

/** All that a frame says besides its pixels. */
int ff_cuframes_describe_frame(AVFrame *frame, const cuframes_layout_t *layout,
                               const cuframes_frame_meta_t *meta,
                               const cuframes_stream_info_t *info);

/** Times and flags of a packet that is one frame. */
void ff_cuframes_describe_packet(AVPacket *pkt, const cuframes_frame_meta_t *meta);

#endif /* AVFORMAT_CUFRAMES_DESCRIBE_H */
