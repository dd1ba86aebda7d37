/*
 * cuframes_out: a program that stays when its graph is gone.
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
 * Usage: stay GRAPH FRAMES
 *
 * Runs a graph whose last filter is called "buffersink@out" until so many frames
 * have come out of it or it fails, frees it without a word to its filters, says
 * "freed" and how many frames it were, and ends when a line comes on standard
 * input.
 */

#include <stdio.h>
#include <stdlib.h>

#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavutil/frame.h>

int main(int argc, char **argv)
{
    AVFilterGraph *graph = avfilter_graph_alloc();
    AVFilterInOut *in = NULL, *out = NULL;
    AVFrame *frame = av_frame_alloc();
    AVFilterContext *sink;
    int count = 0;

    if (argc != 3 || !graph || !frame ||
        avfilter_graph_parse2(graph, argv[1], &in, &out) < 0 || in || out ||
        avfilter_graph_config(graph, NULL) < 0)
        return 1;
    sink = avfilter_graph_get_filter(graph, "buffersink@out");
    while (count < atoi(argv[2]) && av_buffersink_get_frame(sink, frame) >= 0) {
        av_frame_unref(frame);
        count++;
    }
    av_frame_free(&frame);
    avfilter_graph_free(&graph);
    printf("freed %d\n", count);
    fflush(stdout);
    getchar();
    return 0;
}
