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
 * A subscription: finding the publisher, waiting for it, its errors and events.
 */

#ifndef AVFORMAT_CUFRAMES_INPUT_H
#define AVFORMAT_CUFRAMES_INPUT_H

#include <stdint.h>

#include <cuframes/cuframes.h>

#include "avformat.h"

/** Longest time, in milliseconds, between two looks whether the user interrupts. */
#define CUFRAMES_TURN_MS 100

typedef struct CuframesInputOptions {
    char   *name;
    int64_t timeout;    ///< microseconds, 0: for ever
} CuframesInputOptions;

/** Whether the URL is meant for the demuxer of this prefix: a score. */
int ff_cuframes_input_probe(const AVProbeData *probe, const char *prefix);

/**
 * Find the publisher of the key in the URL and join it.
 *
 * @param prefix what stands before the key; it may be left out
 * @param config what else is asked for; key, name and time-out are filled in
 */
int ff_cuframes_input_connect(AVFormatContext *s, const char *prefix,
                              const CuframesInputOptions *options,
                              cuframes_subscriber_config_t *config,
                              cuframes_subscriber_t **subscriber);

/** When a time-out that begins now is over, as av_gettime_relative(). */
int64_t ff_cuframes_input_deadline(const CuframesInputOptions *options);

/**
 * Whether waiting goes on after a turn that brought nothing.
 *
 * @param what   what is waited for
 * @return 0; AVERROR_EXIT or AVERROR_EOF if the user interrupts; AVERROR(ETIMEDOUT), with a
 *         message
 */
int ff_cuframes_input_wait(AVFormatContext *s, int64_t deadline, const char *what);

/** Log the sentence that goes with an error of the library. @return an AVERROR */
int ff_cuframes_input_failed(AVFormatContext *s, const char *what, int err);

#endif /* AVFORMAT_CUFRAMES_INPUT_H */
