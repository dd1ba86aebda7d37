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
 * A frame of the library as a packet: its bytes, or an AVFrame.
 */

#ifndef AVFORMAT_CUFRAMES_PICTURE_H
#define AVFORMAT_CUFRAMES_PICTURE_H

#include <cuframes/cuframes.h>

#include "avformat.h"
#include "cuframes_cuda.h"

/** A frame that the library has lent, and all that it says of itself. */
typedef struct CuframesPicture {
    cuframes_frame_t *frame;        ///< NULL when somebody else gives it back
    cuframes_layout_t layout;
    cuframes_frame_meta_t meta;
    cuframes_stream_info_t info;
    int may_stay;                   ///< it may be lent on, until FFmpeg is done with it
} CuframesPicture;

/** Give the frame back, unless somebody else does. */
void ff_cuframes_picture_drop(CuframesPicture *p);

/**
 * Fill a packet with the picture as raw video has it: without padding between rows.
 *
 * @return 1 if it was copied, 0 if not, or an AVERROR
 */
int ff_cuframes_picture_raw(AVFormatContext *s, CuframesPicture *p, AVPacket *pkt);

/**
 * Fill a packet with an AVFrame, for the decoder wrapped_avframe.
 *
 * @param cuda NULL for frames in host memory
 * @return 1 if it was copied, 0 if not, or an AVERROR
 */
int ff_cuframes_picture_wrap(AVFormatContext *s, CuframesPicture *p, CuframesCuda *cuda,
                             AVPacket *pkt);

#endif /* AVFORMAT_CUFRAMES_PICTURE_H */
