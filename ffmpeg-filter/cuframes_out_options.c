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
 * The options of the filter.
 */

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "libavutil/avstring.h"
#include "libavutil/common.h"
#include "libavutil/error.h"
#include "libavutil/log.h"
#include "libavutil/opt.h"
#include "libavutil/version.h"

#include "cuframes_out_cuda.h"
#include "cuframes_out_options.h"

static const char *const memory_names[] = {
    [CUFRAMES_MEMORY_HOST]     = "host",
    [CUFRAMES_MEMORY_AUTO]     = "auto",
    [CUFRAMES_MEMORY_CUDA_IPC] = "cuda_ipc",
    [CUFRAMES_MEMORY_CUDA_VMM] = "cuda_vmm",
};

static const char *const sync_names[] = {
    [CUFRAMES_SYNC_AUTO]     = "auto",
    [CUFRAMES_SYNC_CPU]      = "cpu",
    [CUFRAMES_SYNC_EVENT]    = "event",
    [CUFRAMES_SYNC_TIMELINE] = "timeline",
};

const char *ff_cuframes_memory_name(cuframes_memory_t memory)
{
    return memory_names[memory];
}

const char *ff_cuframes_sync_name(cuframes_sync_t sync)
{
    return sync_names[sync];
}

/* Separated by '+', '|', ',' or blanks: a comma has to be escaped in a graph. */
static int parse_uids(CuframesOptions *s, void *log_ctx)
{
    const char *separators = "+|, ", *p = s->allow_uids;

    while (p && *(p += strspn(p, separators))) {
        char *end;
        unsigned long long uid = strtoull(p, &end, 10);

        if (!av_isdigit(*p) || uid >= UINT32_MAX || (*end && !strchr(separators, *end))) {
            av_log(log_ctx, AV_LOG_ERROR, "allow_uids: '%s' does not start with a "
                   "numeric user id; write them as 1000+1001\n", p);
            return AVERROR(EINVAL);
        }
        if (s->nb_uids == CUFRAMES_MAX_UIDS) {
            av_log(log_ctx, AV_LOG_ERROR, "allow_uids: more than %d ids\n", CUFRAMES_MAX_UIDS);
            return AVERROR(EINVAL);
        }
        s->uids[s->nb_uids++] = uid;
        p = end;
    }
    return 0;
}

static int parse_mode(CuframesOptions *s, void *log_ctx)
{
    char *end;

    s->mode = strtoul(s->socket_mode, &end, 8);
    if (!av_isdigit(s->socket_mode[0]) || *end || s->mode > 0777 || !(s->mode & 0600)) {
        av_log(log_ctx, AV_LOG_ERROR, "socket_mode: '%s' is not an octal mode that "
               "lets the owner in, 0600 to 0777\n", s->socket_mode);
        return AVERROR(EINVAL);
    }
    return 0;
}

int ff_cuframes_options_check(CuframesOptions *s, void *log_ctx)
{
    int ret;

    if (!s->key || !s->key[0]) {
        av_log(log_ctx, AV_LOG_ERROR, "option 'key' is missing: the name under which "
               "subscribers find the stream, as in cuframes_out=key=cam1\n");
        return AVERROR(EINVAL);
    }
    ret = parse_uids(s, log_ctx);
    return ret < 0 ? ret : parse_mode(s, log_ctx);
}

/* Frames are published where they are, or downloaded on the way, never uploaded. */
static int check_memory(const CuframesOptions *s, const AVBufferRef *device, void *log_ctx)
{
    if (device || s->memory == CUFRAMES_MEMORY_AUTO || s->memory == CUFRAMES_MEMORY_HOST)
        return 0;
    av_log(log_ctx, AV_LOG_ERROR, "memory=%s: the frames are in host memory; put "
           "hwupload_cuda before this filter\n", ff_cuframes_memory_name(s->memory));
    return AVERROR(EINVAL);
}

int ff_cuframes_options_config(const CuframesOptions *s, cuframes_publisher_config_t *config,
                               const AVBufferRef *device, void *log_ctx)
{
    *config = (cuframes_publisher_config_t) {
        .struct_size       = sizeof(*config),
        .key               = s->key,
        .ring_size         = s->slots,
        .policy            = s->policy,
        .strict_timeout_ms = av_clip64(s->strict_timeout / 1000, 1, UINT32_MAX),
        .lease_timeout_ms  = s->lease_timeout
                             ? av_clip64(s->lease_timeout / 1000, 1, INT32_MAX) : -1,
        .max_leases        = s->max_leases,
        .socket_mode       = s->mode,
        .allow_uids        = s->nb_uids ? s->uids : NULL,
        .allow_uid_count   = s->nb_uids,
        .anonymous         = s->anonymous,
        .memory            = device ? s->memory : CUFRAMES_MEMORY_HOST,
        .sync              = s->sync,
        .cuda_context      = device ? ff_cuframes_cuda_context(device) : NULL,
    };
    return check_memory(s, device, log_ctx);
}

#define OFFSET(x) offsetof(CuframesOptions, x)
#define FLAGS AV_OPT_FLAG_VIDEO_PARAM | AV_OPT_FLAG_FILTERING_PARAM

static const AVOption cuframes_out_options[] = {
    { "key", "name under which subscribers find the stream: 1 to 63 of A-Z a-z 0-9 . _ -",
        OFFSET(key), AV_OPT_TYPE_STRING, { .str = NULL }, 0, 0, FLAGS },
    { "slots", "frames in the ring that all subscribers share",
        OFFSET(slots), AV_OPT_TYPE_INT, { .i64 = 8 }, 2, 16, FLAGS },
    { "policy", "what to do when a strict subscriber has not taken the oldest frame yet",
        OFFSET(policy), AV_OPT_TYPE_INT, { .i64 = CUFRAMES_POLICY_DROP_OLDEST },
        CUFRAMES_POLICY_DROP_OLDEST, CUFRAMES_POLICY_STRICT_WAIT, FLAGS, "policy" },
        { "drop_oldest", "reuse its slot: the subscriber counts a missed frame",
            0, AV_OPT_TYPE_CONST, { .i64 = CUFRAMES_POLICY_DROP_OLDEST }, 0, 0, FLAGS, "policy" },
        { "strict_wait", "wait for the subscriber, up to strict_timeout",
            0, AV_OPT_TYPE_CONST, { .i64 = CUFRAMES_POLICY_STRICT_WAIT }, 0, 0, FLAGS, "policy" },
    { "strict_timeout", "longest wait for a frame under strict_wait, in seconds or as 500ms (from 1ms)",
        OFFSET(strict_timeout), AV_OPT_TYPE_DURATION, { .i64 = 1000000 }, 1000, 3600000000LL, FLAGS },
    { "wait_subscribers", "hold back the first frame until so many have joined",
        OFFSET(wait_subscribers), AV_OPT_TYPE_INT, { .i64 = 0 }, 0, 256, FLAGS },
    { "max_leases", "frames that one subscriber may hold at a time, 0 = a quarter of the slots",
        OFFSET(max_leases), AV_OPT_TYPE_INT, { .i64 = 0 }, 0, 16, FLAGS },
    { "lease_timeout", "longest time to hold a frame before eviction, in seconds or as 500ms, 0 = any time",
        OFFSET(lease_timeout), AV_OPT_TYPE_DURATION, { .i64 = 5000000 }, 0, 86400000000LL, FLAGS },
    { "allow_uids", "users who may subscribe besides this one and root, as 1000+1001; none = socket_mode decides",
        OFFSET(allow_uids), AV_OPT_TYPE_STRING, { .str = NULL }, 0, 0, FLAGS },
    { "anonymous", "make no named memory in /dev/shm",
        OFFSET(anonymous), AV_OPT_TYPE_BOOL, { .i64 = 0 }, 0, 1, FLAGS },
    { "socket_mode", "permissions of the socket, octal",
        OFFSET(socket_mode), AV_OPT_TYPE_STRING, { .str = "0660" }, 0, 0, FLAGS },
    { "memory", "where frames are published; on a GPU only if they come from there",
        OFFSET(memory), AV_OPT_TYPE_INT, { .i64 = CUFRAMES_MEMORY_AUTO },
        CUFRAMES_MEMORY_HOST, CUFRAMES_MEMORY_CUDA_VMM, FLAGS, "memory" },
        { "auto", "where they are, in the best way that works here",
            0, AV_OPT_TYPE_CONST, { .i64 = CUFRAMES_MEMORY_AUTO }, 0, 0, FLAGS, "memory" },
        { "host", "in host memory; from a GPU they are downloaded",
            0, AV_OPT_TYPE_CONST, { .i64 = CUFRAMES_MEMORY_HOST }, 0, 0, FLAGS, "memory" },
        { "cuda_ipc", "on the GPU, shared by CUDA IPC handles",
            0, AV_OPT_TYPE_CONST, { .i64 = CUFRAMES_MEMORY_CUDA_IPC }, 0, 0, FLAGS, "memory" },
        { "cuda_vmm", "on the GPU, shared by descriptors",
            0, AV_OPT_TYPE_CONST, { .i64 = CUFRAMES_MEMORY_CUDA_VMM }, 0, 0, FLAGS, "memory" },
    { "sync", "what tells subscribers that a frame on a GPU is complete",
        OFFSET(sync), AV_OPT_TYPE_INT, { .i64 = CUFRAMES_SYNC_AUTO },
        CUFRAMES_SYNC_AUTO, CUFRAMES_SYNC_TIMELINE, FLAGS, "sync" },
        { "auto", "the best that works here",
            0, AV_OPT_TYPE_CONST, { .i64 = CUFRAMES_SYNC_AUTO }, 0, 0, FLAGS, "sync" },
        { "cpu", "they see it only when it is",
            0, AV_OPT_TYPE_CONST, { .i64 = CUFRAMES_SYNC_CPU }, 0, 0, FLAGS, "sync" },
        { "event", "interprocess events",
            0, AV_OPT_TYPE_CONST, { .i64 = CUFRAMES_SYNC_EVENT }, 0, 0, FLAGS, "sync" },
        { "timeline", "words in shared memory that streams write and wait for",
            0, AV_OPT_TYPE_CONST, { .i64 = CUFRAMES_SYNC_TIMELINE }, 0, 0, FLAGS, "sync" },
    { NULL }
};

const AVClass ff_cuframes_out_class = {
    .class_name = "cuframes_out",
    .item_name  = av_default_item_name,
    .option     = cuframes_out_options,
    .version    = LIBAVUTIL_VERSION_INT,
    .category   = AV_CLASS_CATEGORY_FILTER,
};
