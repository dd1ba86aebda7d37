/*
 * cuframes_out: the options of the filter.
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

#ifndef AVFILTER_CUFRAMES_OUT_OPTIONS_H
#define AVFILTER_CUFRAMES_OUT_OPTIONS_H

#include <stdint.h>

#include <cuframes/cuframes.h>

#include "libavutil/buffer.h"
#include "libavutil/log.h"

#define CUFRAMES_MAX_UIDS 64

/** What the user has set, and what it was found to mean. */
typedef struct CuframesOptions {
    const AVClass *class;
    char   *key;
    int     slots;
    int     policy;
    int64_t strict_timeout;       ///< microseconds
    int     wait_subscribers;
    int     max_leases;
    int64_t lease_timeout;        ///< microseconds, 0 = never
    char   *allow_uids;
    int     anonymous;
    char   *socket_mode;
    int     memory, sync;

    uint32_t uids[CUFRAMES_MAX_UIDS];
    unsigned nb_uids;
    unsigned mode;
} CuframesOptions;

extern const AVClass ff_cuframes_out_class;

/** Check what the table of options cannot; 0 or AVERROR(EINVAL). */
int ff_cuframes_options_check(CuframesOptions *options, void *log_ctx);

/**
 * Describe the publisher, all but its picture.
 *
 * @param device where the frames are, NULL for host memory
 */
int ff_cuframes_options_config(const CuframesOptions *options,
                               cuframes_publisher_config_t *config,
                               const AVBufferRef *device, void *log_ctx);

/** As they are called in the options. */
const char *ff_cuframes_memory_name(cuframes_memory_t memory);
const char *ff_cuframes_sync_name(cuframes_sync_t sync);

#endif /* AVFILTER_CUFRAMES_OUT_OPTIONS_H */
