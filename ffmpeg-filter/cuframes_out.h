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

#ifndef AVFILTER_CUFRAMES_OUT_H
#define AVFILTER_CUFRAMES_OUT_H

#include <stdint.h>

#include <cuframes/cuframes.h>

#include "libavutil/frame.h"
#include "libavutil/rational.h"

#include "avfilter.h"

/**
 * Tell every cuframes_out of this process that the program is being
 * interrupted: an end of input seen from now on is not the end of the stream,
 * so subscribers look for the key to come back. Safe in a signal handler.
 */
void av_cuframes_out_interrupt(void);

/** Whether av_cuframes_out_interrupt() was called. */
int ff_cuframes_interrupted(void);

/** Log why a function of the library failed, and translate the error. */
int ff_cuframes_failed(void *log_ctx, const char *what, int err);

/**
 * A publisher and the AVFrames that stand in its slots. One per key and
 * process; it outlives the filter instance, because ffmpeg replaces the whole
 * graph, without an end of input, when the picture changes its size.
 */
typedef struct CuframesStream CuframesStream;

/** Where the pixels of a published frame came from. */
enum CuframesPublished {
    CUFRAMES_PUBLISHED_IN_PLACE, ///< they already stood in a slot
    CUFRAMES_PUBLISHED_COPY,     ///< they were copied into a slot
    CUFRAMES_NOT_PUBLISHED,      ///< no slot was free: dropped, and counted
};

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

/** Tell the subscribers that no frame will ever follow. */
int ff_cuframes_stream_finish(CuframesStream *stream, void *log_ctx);

/** Wait until n subscribers have joined or the program is interrupted. */
int ff_cuframes_stream_wait(CuframesStream *stream, unsigned n, void *log_ctx);

/** Give the stream another picture; nothing happens if it has this one. */
int ff_cuframes_stream_reconfigure(CuframesStream *stream, int format,
                                   int width, int height,
                                   const cuframes_stream_info_t *info,
                                   void *log_ctx);

/** Where the frames are published: what memory=auto and sync=auto have become. */
cuframes_memory_t ff_cuframes_stream_memory(const CuframesStream *stream);
cuframes_sync_t ff_cuframes_stream_sync(const CuframesStream *stream);

/** What the subscribers have been told so far. */
const cuframes_stream_info_t *ff_cuframes_stream_info(const CuframesStream *stream);

/**
 * A writable frame in a free slot, on the GPU if frames are published there:
 * planes, pitches and buffer are set. NULL when no slot can be spared.
 */
AVFrame *ff_cuframes_stream_get_buffer(CuframesStream *stream);

/**
 * Publish a frame: in place if it stands in one of our slots as we handed it
 * out, else by one copy. A frame published in place gets a read-only buffer.
 *
 * @return an enum CuframesPublished, or a negative AVERROR
 */
int ff_cuframes_stream_publish(CuframesStream *stream, AVFrame *frame,
                               const cuframes_frame_meta_t *meta,
                               uint64_t *seq, void *log_ctx);

/** Counters; copies include those that were downloads from a GPU. */
int ff_cuframes_stream_stats(CuframesStream *stream,
                             cuframes_publisher_stats_t *stats);

/** cuframes_format_t with the same bytes in memory, 0 if there is none. */
int ff_cuframes_format(enum AVPixelFormat format);

/** Say that this format cannot be published, and which can. AVERROR(EINVAL). */
int ff_cuframes_refuse_format(AVFilterContext *ctx, enum AVPixelFormat format);

/** The same of what frames on a GPU consist of. */
int ff_cuframes_refuse_cuda_format(AVFilterContext *ctx, enum AVPixelFormat format);

/**
 * The filter's part in the agreement on formats.
 *
 * @param asked how often the filter was asked before
 */
int ff_cuframes_query_formats(AVFilterContext *ctx, int *asked);

/** Flags, colour and crop of the frame; neither pts nor duration. */
void ff_cuframes_frame_meta(cuframes_frame_meta_t *meta, const AVFrame *frame);

/** Frame rate and sample aspect ratio; other fields are left as they are. */
void ff_cuframes_info_set_rates(cuframes_stream_info_t *info,
                                AVRational frame_rate, AVRational sar);

/** HDR side data; what the frame does not carry is left as it is. */
void ff_cuframes_info_set_hdr(cuframes_stream_info_t *info, const AVFrame *frame);

#endif /* AVFILTER_CUFRAMES_OUT_H */
