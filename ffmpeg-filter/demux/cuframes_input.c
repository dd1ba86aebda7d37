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

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libavutil/avstring.h"
#include "libavutil/common.h"
#include "libavutil/error.h"
#include "libavutil/log.h"
#include "libavutil/time.h"

#include "cuframes.h"
#include "cuframes_input.h"
#include "url.h"

static int averror(int err)
{
    switch (err) {
    case CUFRAMES_OK:                   return 0;
    case CUFRAMES_ERR_END_OF_STREAM:    return AVERROR_EOF;
    case CUFRAMES_ERR_INVALID_ARGUMENT: return AVERROR(EINVAL);
    case CUFRAMES_ERR_NOT_FOUND:        return AVERROR(ENOENT);
    case CUFRAMES_ERR_ALREADY_EXISTS:   return AVERROR(EEXIST);
    case CUFRAMES_ERR_TIMEOUT:          return AVERROR(ETIMEDOUT);
    case CUFRAMES_ERR_DISCONNECTED:     return AVERROR(ECONNRESET);
    case CUFRAMES_ERR_EVICTED:          return AVERROR(ECONNABORTED);
    case CUFRAMES_ERR_NO_MEMORY:        return AVERROR(ENOMEM);
    case CUFRAMES_ERR_PERMISSION:       return AVERROR(EACCES);
    case CUFRAMES_ERR_UNSUPPORTED:      return AVERROR(ENOSYS);
    default:                            return AVERROR_EXTERNAL;
    }
}

int ff_cuframes_input_failed(AVFormatContext *s, const char *what, int err)
{
    if (err != CUFRAMES_ERR_END_OF_STREAM)
        av_log(s, AV_LOG_ERROR, "%s: %s\n", what, cuframes_last_error());
    return averror(err);
}

int ff_cuframes_input_probe(const AVProbeData *probe, const char *prefix)
{
    return probe->filename && av_strstart(probe->filename, prefix, NULL) ? AVPROBE_SCORE_MAX : 0;
}

int64_t ff_cuframes_input_deadline(const CuframesInputOptions *options)
{
    return options->timeout ? av_gettime_relative() + options->timeout : INT64_MAX;
}

static volatile sig_atomic_t interrupted;

void av_cuframes_interrupt(void)
{
    interrupted = 1;
}

int ff_cuframes_input_wait(AVFormatContext *s, int64_t deadline, const char *what)
{
    if (ff_check_interrupt(&s->interrupt_callback))
        return AVERROR_EXIT;
    if (interrupted)
        return AVERROR_EOF;
    if (av_gettime_relative() < deadline)
        return 0;
    av_log(s, AV_LOG_ERROR, "%s, and the time-out is over\n", what);
    return AVERROR(ETIMEDOUT);
}

static void tell(void *opaque, int32_t event, uint64_t epoch)
{
    static const char *const events[] = {
        [CUFRAMES_EVENT_DISCONNECTED] = "the publisher is gone; waiting for another one",
        [CUFRAMES_EVENT_REATTACHED]   = "the key is published again",
        [CUFRAMES_EVENT_RECONFIGURED] = "the publisher has changed its frames",
    };

    if (event > 0 && event < FF_ARRAY_ELEMS(events))
        av_log(opaque, event == CUFRAMES_EVENT_DISCONNECTED ? AV_LOG_WARNING : AV_LOG_INFO,
               "%s\n", events[event]);
}

/* The library's own default is the same for all inputs of a process, and each
 * publisher wants another. */
static void default_name(char *name, size_t size)
{
    static atomic_uint inputs;

    snprintf(name, size, "ffmpeg-%d-%u", (int)getpid(), atomic_fetch_add(&inputs, 1) + 1);
}

/* Nobody publishes the key yet, or somebody is just going or still listed. */
static int may_pass(int err)
{
    return err == CUFRAMES_ERR_NOT_FOUND || err == CUFRAMES_ERR_DISCONNECTED ||
           err == CUFRAMES_ERR_ALREADY_EXISTS;
}

int ff_cuframes_input_connect(AVFormatContext *s, const char *prefix,
                              const CuframesInputOptions *options,
                              cuframes_subscriber_config_t *config,
                              cuframes_subscriber_t **subscriber)
{
    const int64_t deadline = ff_cuframes_input_deadline(options);
    const char *key = s->url;
    char name[32];
    int err;

    av_strstart(s->url, prefix, &key);
    default_name(name, sizeof(name));
    config->struct_size   = sizeof(*config);
    config->key           = key;
    config->consumer_name = options->name ? options->name : name;
    do {
        const int64_t left = (deadline - av_gettime_relative()) / 1000;

        if (ff_check_interrupt(&s->interrupt_callback))
            return AVERROR_EXIT;
        config->connect_timeout_ms = av_clip64(left, 1, CUFRAMES_TURN_MS);
        err = cuframes_subscriber_create(config, subscriber);
    } while (may_pass(err) && av_gettime_relative() < deadline);
    if (err < 0)
        return ff_cuframes_input_failed(s, "cannot subscribe", err);

    cuframes_subscriber_set_event_callback(*subscriber, tell, s);
    cuframes_subscriber_set_connect_timeout(*subscriber, options->timeout
                                            ? av_clip64(options->timeout / 1000, 1, INT32_MAX)
                                            : -1);
    return 0;
}
