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
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "libavutil/common.h"
#include "libavutil/error.h"
#include "libavutil/log.h"
#include "libavutil/mem.h"

#include "cuframes_out.h"
#include "cuframes_out_slots.h"

struct CuframesStream {
    CuframesStream *next;
    char *key, *options;
    int in_use;                   ///< a filter instance has it; else it is parked

    int format, width, height;
    cuframes_stream_info_t info;
    unsigned frames;

    CuframesSlots slots;
};

/* Guards the list of streams and in_use. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static CuframesStream *streams;

static atomic_int interrupted;

void av_cuframes_out_interrupt(void)
{
    atomic_store(&interrupted, 1);
}

int ff_cuframes_interrupted(void)
{
    return atomic_load(&interrupted);
}

static int averror(int err)
{
    switch (err) {
    case CUFRAMES_OK:                   return 0;
    case CUFRAMES_ERR_INVALID_ARGUMENT: return AVERROR(EINVAL);
    case CUFRAMES_ERR_ALREADY_EXISTS:   return AVERROR(EEXIST);
    case CUFRAMES_ERR_TIMEOUT:          return AVERROR(ETIMEDOUT);
    case CUFRAMES_ERR_NO_MEMORY:        return AVERROR(ENOMEM);
    case CUFRAMES_ERR_PERMISSION:       return AVERROR(EACCES);
    default:                            return AVERROR_EXTERNAL;
    }
}

static int failed(void *log_ctx, const char *what, int err)
{
    av_log(log_ctx, AV_LOG_ERROR, "%s: %s\n", what, cuframes_last_error());
    return averror(err);
}

static void free_stream(CuframesStream *stream)
{
    ff_cuframes_slots_leave(&stream->slots);
    cuframes_publisher_destroy(stream->slots.publisher);
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
        cuframes_publisher_destroy(stream->slots.publisher);
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

/* 1: *out is ours now, with these options; 0: the key is free in this process. */
static int adopt_stream(CuframesStream **out, const char *key,
                        const char *options, void *log_ctx)
{
    CuframesStream *stream, *other = NULL;
    int ret = 0;

    pthread_mutex_lock(&lock);
    for (stream = streams; stream && strcmp(stream->key, key);)
        stream = stream->next;
    if (stream && stream->in_use) {
        ret = AVERROR(EEXIST);
    } else if (stream && strcmp(stream->options, options)) {
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

static int create_stream(CuframesStream **out,
                         const cuframes_publisher_config_t *config,
                         const char *options, void *log_ctx)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    CuframesStream *stream = av_mallocz(sizeof(*stream));
    int err;

    if (!stream)
        return AVERROR(ENOMEM);
    stream->key     = av_strdup(config->key);
    stream->options = av_strdup(options);
    if (!stream->key || !stream->options) {
        err = AVERROR(ENOMEM);
        goto fail;
    }
    err = cuframes_publisher_create(config, &stream->slots.publisher);
    if (err) {
        err = failed(log_ctx, "cannot publish", err);
        goto fail;
    }
    pthread_once(&once, close_parked_at_exit);

    stream->in_use = 1;
    stream->format = config->format;
    stream->width  = config->width;
    stream->height = config->height;
    stream->info   = *config->stream_info;
    /* The other half stays for what subscribers read, however many frames
     * an encoder or a queue behind us holds. Two are the least: the newest
     * frame keeps its slot until the next one has been written elsewhere. */
    stream->slots.max = FFMIN(config->ring_size / 2, config->ring_size - 2);

    pthread_mutex_lock(&lock);
    stream->next = streams;
    streams      = stream;
    pthread_mutex_unlock(&lock);
    *out = stream;
    return 0;

fail:
    av_free(stream->key);
    av_free(stream->options);
    av_free(stream);
    return err;
}

int ff_cuframes_stream_open(CuframesStream **out,
                            const cuframes_publisher_config_t *config,
                            const char *options, void *log_ctx)
{
    cuframes_stream_info_t info;
    int ret = adopt_stream(out, config->key, options, log_ctx);

    if (ret < 0)
        return ret;
    if (!ret)
        return create_stream(out, config, options, log_ctx);

    /* HDR data is not known before the first frame: until then it stays. */
    info = (*out)->info;
    info.fps_num = config->stream_info->fps_num;
    info.fps_den = config->stream_info->fps_den;
    info.sar_num = config->stream_info->sar_num;
    info.sar_den = config->stream_info->sar_den;
    ret = ff_cuframes_stream_reconfigure(*out, config->format, config->width,
                                         config->height, &info, log_ctx);
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

int ff_cuframes_stream_finish(CuframesStream *stream, void *log_ctx)
{
    int err = cuframes_publisher_finish(stream->slots.publisher);

    return err ? failed(log_ctx, "cannot end the stream", err) : 0;
}

int ff_cuframes_stream_wait(CuframesStream *stream, unsigned n, void *log_ctx)
{
    /* In slices, so that a signal to the program ends the wait. */
    const int slice_ms = 100;

    while (!ff_cuframes_interrupted()) {
        int err = cuframes_publisher_wait_subscribers(stream->slots.publisher, n, slice_ms);

        if (err != CUFRAMES_ERR_TIMEOUT)
            return err ? failed(log_ctx, "waiting for subscribers", err) : 0;
    }
    return AVERROR_EXIT;
}

const cuframes_stream_info_t *ff_cuframes_stream_info(const CuframesStream *stream)
{
    return &stream->info;
}

int ff_cuframes_stream_reconfigure(CuframesStream *stream, int format,
                                   int width, int height,
                                   const cuframes_stream_info_t *info,
                                   void *log_ctx)
{
    const int new_info = memcmp(info, &stream->info, sizeof(*info));
    const int new_picture = format != stream->format ||
                            width != stream->width || height != stream->height;
    int err;

    if (new_info) {
        err = cuframes_publisher_set_stream_info(stream->slots.publisher, info);
        if (err)
            return failed(log_ctx, "cannot set the stream's properties", err);
        stream->info = *info;
    }
    /* Properties reach subscribers with a new epoch, except before frame 1. */
    if (!new_picture && !(new_info && stream->frames))
        return 0;

    ff_cuframes_slots_leave(&stream->slots);
    err = cuframes_publisher_reconfigure(stream->slots.publisher, format, width, height);
    if (err)
        return failed(log_ctx, "cannot change the picture", err);
    stream->format = format;
    stream->width  = width;
    stream->height = height;
    return 0;
}

AVFrame *ff_cuframes_stream_get_buffer(CuframesStream *stream)
{
    return ff_cuframes_slots_get_buffer(&stream->slots);
}

int ff_cuframes_stream_publish(CuframesStream *stream, AVFrame *frame,
                               const cuframes_frame_meta_t *meta,
                               uint64_t *seq, void *log_ctx)
{
    int ret = ff_cuframes_slots_publish(&stream->slots, frame, meta, seq);

    if (ret == CUFRAMES_ERR_NO_MEMORY)
        return AVERROR(ENOMEM);
    if (ret < 0)
        return failed(log_ctx, "cannot publish a frame", ret);
    if (ret != CUFRAMES_NOT_PUBLISHED)
        stream->frames++;
    return ret;
}

int ff_cuframes_stream_stats(CuframesStream *stream,
                             cuframes_publisher_stats_t *stats)
{
    memset(stats, 0, sizeof(*stats));
    stats->struct_size = sizeof(*stats);
    return cuframes_publisher_get_stats(stream->slots.publisher, stats);
}
