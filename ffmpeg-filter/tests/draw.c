/*
 * cuframes_out: somebody behind the filter draws into the frames that passed it.
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
 * Usage: draw GRAPH FRAMES [anyway]
 *
 * Runs a graph whose last filter is called "buffersink@out" and paints black
 * over each of so many frames on the GPU that come out of it: in a copy, as
 * av_frame_make_writable() gives it, or, as who does not ask, in the frame
 * itself. It begins when a line comes on standard input, says "drawn" when it is
 * done, and ends with another line.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavutil/frame.h>
#include <libavutil/hwcontext.h>

static void must(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "draw: %s\n", what);
    exit(1);
}

static void await_line(void)
{
    int c;

    while ((c = getchar()) != '\n')
        must(c != EOF, "no line");
}

static AVFrame *black(const AVFrame *like)
{
    const AVHWFramesContext *frames = (const AVHWFramesContext *)like->hw_frames_ctx->data;
    AVFrame *frame = av_frame_alloc();

    must(frame != NULL, "no memory");
    frame->format = frames->sw_format;
    frame->width  = like->width;
    frame->height = like->height;
    must(av_frame_get_buffer(frame, 0) >= 0, "no memory");
    for (int i = 0; i < 4 && frame->buf[i]; i++)
        memset(frame->buf[i]->data, 0, frame->buf[i]->size);
    return frame;
}

static void draw(AVFilterContext *sink, int anyway)
{
    AVFrame *frame = av_frame_alloc(), *paint;

    must(frame && av_buffersink_get_frame(sink, frame) >= 0, "no frame");
    must(frame->format == AV_PIX_FMT_CUDA && frame->hw_frames_ctx, "it is not on a GPU");
    must(!av_frame_is_writable(frame), "a published frame is writable");
    if (!anyway)
        must(av_frame_make_writable(frame) >= 0, "it cannot be made writable");
    paint = black(frame);
    must(av_hwframe_transfer_data(frame, paint, 0) >= 0, "it cannot be painted");
    /* A download waits until the GPU has done it. */
    must(av_hwframe_transfer_data(paint, frame, 0) >= 0, "it cannot be looked at");
    av_frame_free(&paint);
    av_frame_free(&frame);
}

int main(int argc, char **argv)
{
    AVFilterGraph *graph = avfilter_graph_alloc();
    AVFilterInOut *in = NULL, *out = NULL;

    must(argc >= 3 && graph, "usage: draw GRAPH FRAMES [anyway]");
    must(avfilter_graph_parse2(graph, argv[1], &in, &out) >= 0 && !in && !out, "bad graph");
    must(avfilter_graph_config(graph, NULL) >= 0, "the graph does not begin");
    await_line();
    for (int i = 0; i < atoi(argv[2]); i++)
        draw(avfilter_graph_get_filter(graph, "buffersink@out"), argc > 3);
    puts("drawn");
    fflush(stdout);
    await_line();
    avfilter_graph_send_command(graph, "cuframes_out", "end", "", NULL, 0, 0);
    avfilter_graph_free(&graph);
    return 0;
}
