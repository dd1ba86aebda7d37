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

#include "libavutil/avutil.h"
#include "libavutil/common.h"
#include "libavutil/error.h"
#include "libavutil/log.h"

#include "cuframes_describe.h"
#include "cuframes_input.h"
#include "cuframes_reader.h"

/* One lease is left for the next frame. */
static int may_stay(const CuframesReader *reader)
{
    cuframes_subscriber_stats_t stats = { .struct_size = sizeof(stats) };
    const int most = cuframes_subscriber_max_leases(reader->subscriber) - 1;

    return cuframes_subscriber_get_stats(reader->subscriber, &stats) >= 0 &&
           (int)stats.leases <= (reader->leases < 0 ? most : FFMIN(reader->leases, most));
}

static int ask(AVFormatContext *s, const CuframesReader *reader, CuframesPicture *p)
{
    int err;

    p->layout.struct_size = sizeof(p->layout);
    p->meta.struct_size   = sizeof(p->meta);
    p->info.struct_size   = sizeof(p->info);
    if ((err = cuframes_frame_get_layout(p->frame, &p->layout)) < 0 ||
        (err = cuframes_frame_get_meta(p->frame, &p->meta)) < 0 ||
        (err = cuframes_subscriber_get_stream_info(reader->subscriber, &p->info)) < 0)
        return ff_cuframes_input_failed(s, "cannot describe a frame", err);
    if (ff_cuframes_pixel_format(p->layout.format) == AV_PIX_FMT_NONE) {
        av_log(s, AV_LOG_ERROR, "frames of format %s are not known here\n",
               av_fourcc2str(p->layout.format));
        return AVERROR_PATCHWELCOME;
    }
    p->may_stay = may_stay(reader);
    return 0;
}

/* What it says of cropping is for a player to obey. */
static void tell_crop(AVFormatContext *s, CuframesReader *reader, const CuframesPicture *p)
{
    const cuframes_frame_meta_t *m = &p->meta;

    if (reader->crop_told || !(m->crop_left || m->crop_top || m->crop_right || m->crop_bottom))
        return;
    reader->crop_told = 1;
    av_log(s, AV_LOG_WARNING, "whole pictures are given; the publisher means them to be shown "
           "with crop=%d:%d:%d:%d\n", p->layout.width - m->crop_left - m->crop_right,
           p->layout.height - m->crop_top - m->crop_bottom, m->crop_left, m->crop_top);
}

int ff_cuframes_reader_next(AVFormatContext *s, CuframesReader *reader, CuframesPicture *p,
                            int64_t deadline)
{
    int err, ret;

    while ((err = cuframes_subscriber_next(reader->subscriber, NULL, &p->frame,
                                           CUFRAMES_TURN_MS)) == CUFRAMES_ERR_TIMEOUT)
        if ((ret = ff_cuframes_input_wait(s, deadline, "the publisher gave no frame")) < 0)
            return ret;
    if (err < 0)
        return ff_cuframes_input_failed(s, "cannot read a frame", err);
    if ((ret = ask(s, reader, p)) < 0)
        ff_cuframes_picture_drop(p);
    else
        tell_crop(s, reader, p);
    return ret;
}
