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
 * Video filter that publishes the frames passing through it.
 */

#include <inttypes.h>
#include <string.h>

#include "libavutil/error.h"
#include "libavutil/log.h"
#include "libavutil/mem.h"
#include "libavutil/opt.h"
#include "libavutil/pixdesc.h"

#include "avfilter.h"
#include "filters.h"
#include "formats.h"
#include "version.h"
#if LIBAVFILTER_VERSION_MAJOR < 10
#include "internal.h"
#endif

#include "cuframes_out.h"
#include "cuframes_out_buffer.h"
#include "cuframes_out_cuda.h"
#include "cuframes_out_formats.h"
#include "cuframes_out_link.h"
#include "cuframes_out_meta.h"
#include "cuframes_out_options.h"
#include "cuframes_out_registry.h"
#include "cuframes_out_stream.h"

typedef struct CuframesOutContext {
    CuframesOptions options;      ///< first, because it begins with the AVClass

    CuframesStream *stream;
    int ended;                    ///< nothing is published any more
    int failed;                   ///< publishing did, so that no graph follows
    int asked, waited, described;
} CuframesOutContext;

static av_cold int init(AVFilterContext *ctx)
{
    CuframesOutContext *s = ctx->priv;

    return ff_cuframes_options_check(&s->options, ctx);
}

static int query_formats(AVFilterContext *ctx)
{
    CuframesOutContext *s = ctx->priv;

    return ff_cuframes_query_formats(ctx, &s->asked);
}

static int open_stream(AVFilterContext *ctx, int format, int width, int height,
                       const cuframes_stream_info_t *info, AVBufferRef *device)
{
    CuframesOutContext *s = ctx->priv;
    cuframes_publisher_config_t config;
    char *text = NULL;
    int ret = ff_cuframes_options_config(&s->options, &config, device, ctx);

    if (ret < 0)
        return ret;
    config.format      = format;
    config.width       = width;
    config.height      = height;
    config.stream_info = info;
    ret = av_opt_serialize(s, AV_OPT_FLAG_FILTERING_PARAM, 0, &text, '=', ':');
    if (ret < 0)
        return ret;
    ret = ff_cuframes_stream_open(&s->stream, &config, text, device, ctx);
    av_free(text);
    if (ret >= 0 && config.memory == CUFRAMES_MEMORY_AUTO &&
        s->stream->memory == CUFRAMES_MEMORY_HOST)
        av_log(ctx, AV_LOG_WARNING, "memory=auto: this GPU's memory cannot be shared "
               "here, so each frame is downloaded; 'cuframes doctor' says why\n");
    return ret;
}

static int config_input(AVFilterLink *inlink)
{
    AVFilterContext *ctx = inlink->dst;
    const AVHWFramesContext *frames = ff_cuframes_cuda_frames(inlink->format,
                                                              ff_cuframes_link_hw_frames(inlink));
    const int format = ff_cuframes_picture_format(ctx, inlink->format, frames);
    cuframes_stream_info_t info = { 0 };

    if (format < 0)
        return format;
    ff_cuframes_info_set_rates(&info, ff_cuframes_link_frame_rate(inlink),
                               inlink->sample_aspect_ratio);
    return open_stream(ctx, format, inlink->w, inlink->h, &info,
                       frames ? frames->device_ref : NULL);
}

static AVFrame *get_video_buffer(AVFilterLink *inlink, int w, int h)
{
    CuframesOutContext *s = inlink->dst->priv;

    return ff_cuframes_get_video_buffer(s->ended ? NULL : s->stream, inlink, w, h);
}

/* The frame's size, aspect ratio and HDR data before it is published. Aspect
 * and HDR belong to the whole stream, and new ones cost every subscriber a new
 * join, so after the first frame they are taken over at key frames only, and a
 * frame without them changes nothing. */
static int follow_picture(AVFilterContext *ctx, const AVFrame *frame, int key)
{
    CuframesOutContext *s = ctx->priv;
    AVFilterLink *inlink = ctx->inputs[0];
    const int format = ff_cuframes_picture_format(ctx, frame->format,
                                      ff_cuframes_cuda_frames(frame->format,
                                                              frame->hw_frames_ctx));
    cuframes_stream_info_t info = s->stream->info;
    AVRational sar = frame->sample_aspect_ratio;

    if (format < 0)
        return format;
    if (key || !s->described) {
        if (!sar.num)
            sar = inlink->sample_aspect_ratio;
        ff_cuframes_info_set_rates(&info, ff_cuframes_link_frame_rate(inlink), sar);
        ff_cuframes_info_set_hdr(&info, frame);
    }
    return ff_cuframes_stream_reconfigure(s->stream, format, frame->width,
                                          frame->height, &info, ctx);
}

static int await_subscribers(AVFilterContext *ctx)
{
    CuframesOutContext *s = ctx->priv;

    if (s->waited || !s->options.wait_subscribers)
        return 0;
    s->waited = 1;
    return ff_cuframes_stream_wait(s->stream, s->options.wait_subscribers, ctx);
}

static void describe(AVFilterContext *ctx, const AVFrame *frame, int published)
{
    CuframesOutContext *s = ctx->priv;
    const AVHWFramesContext *frames = ff_cuframes_cuda_frames(frame->format,
                                                              frame->hw_frames_ctx);

    if (s->described || published == CUFRAMES_NOT_PUBLISHED)
        return;
    s->described = 1;
    av_log(ctx, AV_LOG_INFO, "key '%s': publishing %dx%d %s, %d slots, memory %s, "
           "sync %s, %s\n", s->options.key, frame->width, frame->height,
           av_get_pix_fmt_name(frames ? frames->sw_format : frame->format), s->options.slots,
           ff_cuframes_memory_name(s->stream->memory),
           ff_cuframes_sync_name(s->stream->sync),
           published == CUFRAMES_PUBLISHED_IN_PLACE ? "in place, without a copy"
                                                    : "one copy a frame");
}

static int publish(AVFilterContext *ctx, AVFrame *frame)
{
    static const char *const how[] = {
        [CUFRAMES_PUBLISHED_IN_PLACE] = "in place",
        [CUFRAMES_PUBLISHED_COPY]     = "copied",
        [CUFRAMES_NOT_PUBLISHED]      = "dropped",
    };
    CuframesOutContext *s = ctx->priv;
    cuframes_frame_meta_t meta;
    uint64_t seq = 0;
    int ret;

    ff_cuframes_frame_meta(&meta, frame);
    ff_cuframes_meta_set_times(&meta, ctx->inputs[0], frame);
    if ((ret = follow_picture(ctx, frame, meta.flags & CUFRAMES_FRAME_KEY)) < 0 ||
        (ret = await_subscribers(ctx)) < 0)
        return ret;
    ret = ff_cuframes_stream_publish(s->stream, frame, &meta, &seq, ctx);
    if (ret < 0) {
        s->failed = 1;
        return ret;
    }
    describe(ctx, frame, ret);
    av_log(ctx, AV_LOG_DEBUG, "seq:%"PRIu64" pts:%"PRId64" data:%p %s\n",
           seq, frame->pts, frame->data[0], how[ret]);
    return 0;
}

/* Nothing will follow, unless the program is being interrupted: then the
 * stream goes on when the program is started again. */
static int end_stream(AVFilterContext *ctx)
{
    CuframesOutContext *s = ctx->priv;

    if (!s->stream || s->ended || ff_cuframes_interrupted())
        return 0;
    s->ended = 1;
    /* Afterwards there is nobody to ask. */
    ff_cuframes_stream_log_totals(s->stream, ctx);
    return ff_cuframes_stream_finish(s->stream, ctx);
}

static int activate(AVFilterContext *ctx)
{
    CuframesOutContext *s = ctx->priv;
    AVFilterLink *inlink = ctx->inputs[0], *outlink = ctx->outputs[0];
    AVFrame *frame;
    int64_t pts;
    int ret, status;

    status = ff_outlink_get_status(outlink);
    if (status) {
        ff_inlink_set_status(inlink, status);
        return status == AVERROR_EOF ? end_stream(ctx) : 0;
    }

    ret = ff_inlink_consume_frame(inlink, &frame);
    if (ret < 0)
        return ret;
    if (ret > 0) {
        if (!s->ended && (ret = publish(ctx, frame)) < 0) {
            av_frame_free(&frame);
            return ret;
        }
        return ff_filter_frame(outlink, frame);
    }

    if (ff_inlink_acknowledge_status(inlink, &status, &pts)) {
        ff_outlink_set_status(outlink, status, pts);
        return status == AVERROR_EOF ? end_stream(ctx) : 0;
    }
    FF_FILTER_FORWARD_WANTED(outlink, inlink);
    return FFERROR_NOT_READY;
}

static int process_command(AVFilterContext *ctx, const char *cmd, const char *arg,
                           char *res, int res_len, int flags)
{
    return strcmp(cmd, "end") ? AVERROR(ENOSYS) : end_stream(ctx);
}

static av_cold void uninit(AVFilterContext *ctx)
{
    CuframesOutContext *s = ctx->priv;

    if (!s->stream)
        return;
    if (!s->ended)
        ff_cuframes_stream_log_totals(s->stream, ctx);
    if (s->ended || s->failed || ff_cuframes_interrupted())
        ff_cuframes_stream_close(&s->stream);
    else
        ff_cuframes_stream_park(&s->stream);
}

static const AVFilterPad cuframes_out_inputs[] = {
    {
        .name             = "default",
        .type             = AVMEDIA_TYPE_VIDEO,
        .config_props     = config_input,
        .get_buffer.video = get_video_buffer,
    },
};

static const AVFilterPad cuframes_out_outputs[] = {
    {
        .name = "default",
        .type = AVMEDIA_TYPE_VIDEO,
    },
};

#define DESCRIPTION "Publish frames to other processes through shared memory."

#if LIBAVFILTER_VERSION_MAJOR < 11
const AVFilter ff_vf_cuframes_out = {
    .name            = "cuframes_out",
    .description     = NULL_IF_CONFIG_SMALL(DESCRIPTION),
    .priv_class      = &ff_cuframes_out_class,
    .flags           = AVFILTER_FLAG_METADATA_ONLY,
#else
const FFFilter ff_vf_cuframes_out = {
    .p.name          = "cuframes_out",
    .p.description   = NULL_IF_CONFIG_SMALL(DESCRIPTION),
    .p.priv_class    = &ff_cuframes_out_class,
    .p.flags         = AVFILTER_FLAG_METADATA_ONLY,
#endif
    .priv_size       = sizeof(CuframesOutContext),
    .init            = init,
    .uninit          = uninit,
    .activate        = activate,
    .process_command = process_command,
    FILTER_INPUTS(cuframes_out_inputs),
    FILTER_OUTPUTS(cuframes_out_outputs),
    FILTER_QUERY_FUNC(query_formats),
};
