/*
 * cuframes_out: publishes video frames to other processes.
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
 * Errors of the library, for FFmpeg.
 */

#include <cuframes/cuframes.h>

#include "libavutil/error.h"
#include "libavutil/log.h"

#include "cuframes_out_error.h"

static int averror(int err)
{
    switch (err) {
    case CUFRAMES_OK:                   return 0;
    case CUFRAMES_ERR_INVALID_ARGUMENT: return AVERROR(EINVAL);
    case CUFRAMES_ERR_ALREADY_EXISTS:   return AVERROR(EEXIST);
    case CUFRAMES_ERR_TIMEOUT:          return AVERROR(ETIMEDOUT);
    case CUFRAMES_ERR_NO_MEMORY:        return AVERROR(ENOMEM);
    case CUFRAMES_ERR_PERMISSION:       return AVERROR(EACCES);
    case CUFRAMES_ERR_UNSUPPORTED:      return AVERROR(ENOSYS);
    default:                            return AVERROR_EXTERNAL;
    }
}

int ff_cuframes_failed(void *log_ctx, const char *what, int err)
{
    av_log(log_ctx, AV_LOG_ERROR, "%s: %s\n", what, cuframes_last_error());
    return averror(err);
}
