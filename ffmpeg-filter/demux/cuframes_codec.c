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

#include <string.h>

#include "libavutil/avutil.h"
#include "libavutil/common.h"
#include "libavutil/error.h"
#include "libavutil/log.h"
#include "libavutil/mem.h"

#include "libavcodec/avcodec.h"

#include "cuframes_codec.h"
#include "cuframes_input.h"

static enum AVCodecID codec_id(uint32_t codec)
{
    switch (codec) {
    case CUFRAMES_CODEC_H264:  return AV_CODEC_ID_H264;
    case CUFRAMES_CODEC_HEVC:  return AV_CODEC_ID_HEVC;
    case CUFRAMES_CODEC_AV1:   return AV_CODEC_ID_AV1;
    case CUFRAMES_CODEC_MJPEG: return AV_CODEC_ID_MJPEG;
    default:                   return AV_CODEC_ID_NONE;
    }
}

int ff_cuframes_codec_ask(AVFormatContext *s, cuframes_subscriber_t *subscriber,
                          CuframesCodec *codec)
{
    uint8_t *extradata = NULL;
    size_t size = 0;
    uint32_t fourcc;
    int err, ret;

    if ((err = cuframes_subscriber_get_codec_params(subscriber, &fourcc, NULL, &size)) < 0)
        return ff_cuframes_input_failed(s, "the codec is not known", err);
    if (!(extradata = av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE)))
        return AVERROR(ENOMEM);
    if ((err = cuframes_subscriber_get_codec_params(subscriber, &fourcc, extradata, &size)) < 0) {
        ret = ff_cuframes_input_failed(s, "the codec is not known", err);
        goto end;
    }
    if ((codec->id = codec_id(fourcc)) == AV_CODEC_ID_NONE) {
        av_log(s, AV_LOG_ERROR, "packets of codec %s are not known here\n",
               av_fourcc2str(fourcc));
        ret = AVERROR_PATCHWELCOME;
        goto end;
    }
    ret = size != codec->size || (size && memcmp(extradata, codec->extradata, size));
    FFSWAP(uint8_t *, codec->extradata, extradata);
    codec->size = size;

end:
    av_free(extradata);
    return ret;
}

void ff_cuframes_codec_free(CuframesCodec *codec)
{
    av_freep(&codec->extradata);
}
