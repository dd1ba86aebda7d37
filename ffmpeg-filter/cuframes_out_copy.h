/*
 * cuframes_out: frames that stand elsewhere, copied into a slot.
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

#ifndef AVFILTER_CUFRAMES_OUT_COPY_H
#define AVFILTER_CUFRAMES_OUT_COPY_H

#include <stdint.h>

#include <cuframes/cuframes.h>

#include "libavutil/frame.h"

#include "cuframes_out_slots.h"

/**
 * Publish a frame that stands in none of the slots: one copy.
 *
 * @return an enum CuframesPublished, or a negative AVERROR
 */
int ff_cuframes_copy_publish(CuframesSlots *slots, const AVFrame *frame,
                             const cuframes_frame_meta_t *meta, uint64_t *seq,
                             void *log_ctx);

#endif /* AVFILTER_CUFRAMES_OUT_COPY_H */
