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
 * Asking a subscription for its next frame, and all that is to be known of it.
 */

#ifndef AVFORMAT_CUFRAMES_READER_H
#define AVFORMAT_CUFRAMES_READER_H

#include <stdint.h>

#include <cuframes/cuframes.h>

#include "avformat.h"
#include "cuframes_picture.h"

typedef struct CuframesReader {
    int leases;             ///< frames that FFmpeg may hold, -1: as many as possible
    cuframes_subscriber_t *subscriber;
    int crop_told;
} CuframesReader;

/**
 * The next frame, in turns that the user can interrupt.
 *
 * @param deadline when there has to be one, INT64_MAX: never
 */
int ff_cuframes_reader_next(AVFormatContext *s, CuframesReader *reader, CuframesPicture *p,
                            int64_t deadline);

#endif /* AVFORMAT_CUFRAMES_READER_H */
