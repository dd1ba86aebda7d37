/*
 * cuframes_out: the publishers of this process, by key.
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

#ifndef AVFILTER_CUFRAMES_OUT_REGISTRY_H
#define AVFILTER_CUFRAMES_OUT_REGISTRY_H

#include <cuframes/cuframes.h>

#include "libavutil/buffer.h"

#include "cuframes_out_stream.h"

/**
 * Create the publisher of config->key, or take over the one that an earlier
 * filter instance left behind with the same options, giving it the new picture.
 *
 * @param options the options as text; a publisher left behind with other
 *                options is shut down and replaced
 * @param device  the AVHWDeviceContext of frames on a GPU, NULL for others
 */
int ff_cuframes_stream_open(CuframesStream **out,
                            const cuframes_publisher_config_t *config,
                            const char *options, AVBufferRef *device, void *log_ctx);

/** Leave the publisher alive for the next filter instance, or for process exit. */
void ff_cuframes_stream_park(CuframesStream **stream);

/** Shut the publisher down. Frames that stand in its slots stay valid. */
void ff_cuframes_stream_close(CuframesStream **stream);

#endif /* AVFILTER_CUFRAMES_OUT_REGISTRY_H */
