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
 * The codec of packets, and what a decoder has to know before the first one.
 */

#ifndef AVFORMAT_CUFRAMES_CODEC_H
#define AVFORMAT_CUFRAMES_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include <cuframes/cuframes.h>

#include "avformat.h"

typedef struct CuframesCodec {
    enum AVCodecID id;
    uint8_t *extradata;     ///< with the padding that decoders want; never NULL once asked for
    size_t size;
} CuframesCodec;

/**
 * Ask for those of the packet that was read last.
 *
 * @return 1 if the extradata is not what it was before, 0 if it is, or an AVERROR
 */
int ff_cuframes_codec_ask(AVFormatContext *s, cuframes_subscriber_t *subscriber,
                          CuframesCodec *codec);

void ff_cuframes_codec_free(CuframesCodec *codec);

#endif /* AVFORMAT_CUFRAMES_CODEC_H */
