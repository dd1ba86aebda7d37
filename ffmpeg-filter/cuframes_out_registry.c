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
 * The publishers of this process, by key, and their lives across graphs.
 */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "libavutil/common.h"
#include "libavutil/error.h"
#include "libavutil/log.h"
#include "libavutil/mem.h"

#include "cuframes_out_cuda.h"
#include "cuframes_out_error.h"
#include "cuframes_out_registry.h"
#include "cuframes_out_stream.h"

/* Guards the list of streams and in_use. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static CuframesStream *streams;

static void drop_devices(CuframesStream *stream)
{
    while (stream->nb_devices)
        av_buffer_unref(&stream->devices[--stream->nb_devices]);
    stream->slots.device = NULL;
}

static void free_stream(CuframesStream *stream)
{
    if (stream->slots.publisher) {
        ff_cuframes_slots_leave(&stream->slots);
        cuframes_publisher_destroy(stream->slots.publisher);
    }
    drop_devices(stream);
    av_free(stream->key);
    av_free(stream->options);
    av_free(stream);
}

/* At exit a parked stream has no successor: its publisher shuts down, which is
 * not the end of the stream. One still in use is left to the kernel, as in a
 * crash, and so is everything if a signal handler that exits interrupted us. */
static void close_parked(void)
{
    CuframesStream **at = &streams;

    if (pthread_mutex_trylock(&lock))
        return;
    while (*at) {
        CuframesStream *stream = *at;

        if (stream->in_use) {
            at = &stream->next;
            continue;
        }
        *at = stream->next;
        free_stream(stream);
    }
    pthread_mutex_unlock(&lock);
}

static void close_parked_at_exit(void)
{
    atexit(close_parked);
}

static void unlink_stream(CuframesStream *stream)
{
    CuframesStream **at = &streams;

    while (*at && *at != stream)
        at = &(*at)->next;
    if (*at)
        *at = stream->next;
}

static int has_device(const CuframesStream *stream, const AVBufferRef *device)
{
    return !stream->slots.device == !device &&
           (!device || ff_cuframes_cuda_context(stream->slots.device) ==
                       ff_cuframes_cuda_context(device));
}

static int may_adopt(const CuframesStream *stream, const char *options,
                     const AVBufferRef *device)
{
    if (strcmp(stream->options, options) || !stream->slots.device != !device)
        return 0;
    return has_device(stream, device) || !stream->slots.on_gpu ||
           stream->nb_devices < MAX_DEVICES;
}

static int add_device(CuframesStream *stream, AVBufferRef *device)
{
    AVBufferRef *ref = av_buffer_ref(device);

    if (!ref)
        return AVERROR(ENOMEM);
    stream->devices[stream->nb_devices++] = ref;
    stream->slots.device = ref;
    return 0;
}

/* 1: *out is ours now, with these options; 0: the key is free in this process. */
static int adopt_stream(CuframesStream **out, const char *key, const char *options,
                        const AVBufferRef *device, void *log_ctx)
{
    CuframesStream *stream, *other = NULL;
    int ret = 0;

    pthread_mutex_lock(&lock);
    for (stream = streams; stream && strcmp(stream->key, key);)
        stream = stream->next;
    if (stream && stream->in_use) {
        ret = AVERROR(EEXIST);
    } else if (stream && !may_adopt(stream, options, device)) {
        unlink_stream(stream);
        other = stream;
    } else if (stream) {
        stream->in_use = 1;
        *out = stream;
        ret = 1;
    }
    pthread_mutex_unlock(&lock);

    if (other)
        free_stream(other);
    if (ret < 0)
        av_log(log_ctx, AV_LOG_ERROR,
               "key '%s' is published by another cuframes_out of this process; "
               "give each its own key\n", key);
    return ret;
}

static int create_publisher(CuframesStream *stream,
                            const cuframes_publisher_config_t *config, void *log_ctx)
{
    int err = cuframes_publisher_create(config, &stream->slots.publisher);

    if (!err)
        err = cuframes_publisher_get_memory(stream->slots.publisher,
                                            &stream->memory, &stream->sync);
    if (err)
        return ff_cuframes_failed(log_ctx, "cannot publish", err);
    stream->slots.on_gpu = stream->memory != CUFRAMES_MEMORY_HOST;
    stream->format = config->format;
    stream->width  = config->width;
    stream->height = config->height;
    stream->info   = *config->stream_info;
    /* The other half stays for what subscribers read, however many frames
     * an encoder or a queue behind us holds. Two are the least: the newest
     * frame keeps its slot until the next one has been written elsewhere. */
    stream->slots.max = FFMIN(config->ring_size / 2, config->ring_size - 2);
    return 0;
}

static int create_stream(CuframesStream **out,
                         const cuframes_publisher_config_t *config,
                         const char *options, AVBufferRef *device, void *log_ctx)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    CuframesStream *stream = av_mallocz(sizeof(*stream));
    int ret;

    if (!stream)
        return AVERROR(ENOMEM);
    stream->in_use  = 1;
    stream->key     = av_strdup(config->key);
    stream->options = av_strdup(options);
    ret = stream->key && stream->options ? 0 : AVERROR(ENOMEM);
    if (ret >= 0 && device)
        ret = add_device(stream, device);
    if (ret >= 0)
        ret = create_publisher(stream, config, log_ctx);
    if (ret < 0) {
        free_stream(stream);
        return ret;
    }
    pthread_once(&once, close_parked_at_exit);

    pthread_mutex_lock(&lock);
    stream->next = streams;
    streams      = stream;
    pthread_mutex_unlock(&lock);
    *out = stream;
    return 0;
}

/* A pool on a GPU moves to the context of the new graph. */
static int follow_device(CuframesStream *stream, AVBufferRef *device, void *log_ctx)
{
    int ret;

    if (has_device(stream, device))
        return 0;
    if (!stream->slots.on_gpu) {
        drop_devices(stream);
        return add_device(stream, device);
    }
    ff_cuframes_slots_leave(&stream->slots);
    if ((ret = add_device(stream, device)) < 0)
        return ret;
    ret = cuframes_publisher_set_cuda_context(stream->slots.publisher,
                                              ff_cuframes_cuda_context(device));
    if (ret)
        return ff_cuframes_failed(log_ctx, "cannot go on in another context", ret);
    stream->width = 0; /* to be reconfigured, whatever the picture is */
    return 0;
}

/* HDR data is not known before the first frame: until then it stays. */
static int follow_config(CuframesStream *stream,
                         const cuframes_publisher_config_t *config, void *log_ctx)
{
    cuframes_stream_info_t info = stream->info;

    info.fps_num = config->stream_info->fps_num;
    info.fps_den = config->stream_info->fps_den;
    info.sar_num = config->stream_info->sar_num;
    info.sar_den = config->stream_info->sar_den;
    return ff_cuframes_stream_reconfigure(stream, config->format, config->width,
                                          config->height, &info, log_ctx);
}

int ff_cuframes_stream_open(CuframesStream **out,
                            const cuframes_publisher_config_t *config,
                            const char *options, AVBufferRef *device, void *log_ctx)
{
    int ret = adopt_stream(out, config->key, options, device, log_ctx);

    if (ret < 0)
        return ret;
    if (!ret)
        return create_stream(out, config, options, device, log_ctx);
    ret = follow_device(*out, device, log_ctx);
    if (ret >= 0)
        ret = follow_config(*out, config, log_ctx);
    if (ret < 0)
        ff_cuframes_stream_close(out);
    return ret;
}

void ff_cuframes_stream_park(CuframesStream **stream)
{
    if (!*stream)
        return;
    pthread_mutex_lock(&lock);
    (*stream)->in_use = 0;
    pthread_mutex_unlock(&lock);
    *stream = NULL;
}

void ff_cuframes_stream_close(CuframesStream **stream)
{
    if (!*stream)
        return;
    pthread_mutex_lock(&lock);
    unlink_stream(*stream);
    pthread_mutex_unlock(&lock);
    free_stream(*stream);
    *stream = NULL;
}
