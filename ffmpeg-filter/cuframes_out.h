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

/**
 * Tell every cuframes_out of this process that the program is being
 * interrupted: an end of input seen from now on is not the end of the stream,
 * so subscribers look for the key to come back. Safe in a signal handler.
 */
void av_cuframes_out_interrupt(void);

/** Whether av_cuframes_out_interrupt() was called. */
int ff_cuframes_interrupted(void);

#endif /* AVFILTER_CUFRAMES_OUT_H */
