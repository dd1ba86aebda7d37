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
 * The display on which the picture was graded, and how bright it gets.
 */

#ifndef AVFORMAT_CUFRAMES_HDR_H
#define AVFORMAT_CUFRAMES_HDR_H

#include <cuframes/cuframes.h>

#include "libavutil/frame.h"

#include "avformat.h"

/** As side data of the stream, for muxers. */
int ff_cuframes_hdr_to_stream(AVStream *st, const cuframes_stream_info_t *info);

/** As side data of a packet, for the decoder of raw video. */
int ff_cuframes_hdr_to_packet(AVPacket *pkt, const cuframes_stream_info_t *info);

/** As side data of a frame. */
int ff_cuframes_hdr_to_frame(AVFrame *frame, const cuframes_stream_info_t *info);

#endif /* AVFORMAT_CUFRAMES_HDR_H */
