/*
 * cuframes_out: where the pixels lie, seen from between the programs.
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
 * Preloaded into ffmpeg. Wraps the calls at which a picture passes from one
 * hand to the next and writes to the file ADDRESSES, for each:
 *
 *   filled  ADDRESS WHERE    FFmpeg's `copy` filter writes a picture
 *   slot    ADDRESS WHERE    libcuframes publishes a slot
 *   copied  ADDRESS WHERE    libcuframes copies a picture into a slot
 *
 * WHERE is the kernel's word, from /proc/self/maps: `pool` inside of the memfd
 * of the pool, else `elsewhere`.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cuframes/cuframes.h>

static int in_pool(const void *address)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    const uintptr_t wanted = (uintptr_t)address;
    char line[512];
    int found = 0;

    while (maps && !found && fgets(line, sizeof(line), maps)) {
        uintptr_t start, end;

        found = sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &start, &end) == 2 &&
                wanted >= start && wanted < end && strstr(line, "memfd:cuframes-pool");
    }
    if (maps)
        fclose(maps);
    return found;
}

static void tell(const char *what, const void *address)
{
    FILE *file = fopen(getenv("ADDRESSES"), "ae");

    if (!file)
        abort();
    fprintf(file, "%s %p %s\n", what, address, in_pool(address) ? "pool" : "elsewhere");
    fclose(file);
}

/* An AVFrame begins with its data pointers. */
int av_frame_copy(void *dst, const void *src)
{
    int (*real)(void *, const void *) = dlsym(RTLD_NEXT, "av_frame_copy");

    tell("filled", *(void **)dst);
    return real(dst, src);
}

int cuframes_publisher_publish_slot(cuframes_publisher_t *pub, cuframes_slot_t *slot,
                                    void *stream, const cuframes_frame_meta_t *meta,
                                    uint64_t *seq)
{
    int (*real)(cuframes_publisher_t *, cuframes_slot_t *, void *,
                const cuframes_frame_meta_t *, uint64_t *) =
        dlsym(RTLD_NEXT, "cuframes_publisher_publish_slot");
    const void *address = cuframes_slot_plane(slot, 0);
    const int ret = real(pub, slot, stream, meta, seq);

    if (!ret)
        tell("slot", address);
    return ret;
}

int cuframes_publisher_publish_copy(cuframes_publisher_t *pub, const void *const *data,
                                    const int32_t *pitch, const cuframes_frame_meta_t *meta,
                                    uint64_t *seq)
{
    int (*real)(cuframes_publisher_t *, const void *const *, const int32_t *,
                const cuframes_frame_meta_t *, uint64_t *) =
        dlsym(RTLD_NEXT, "cuframes_publisher_publish_copy");
    const int ret = real(pub, data, pitch, meta, seq);

    if (!ret)
        tell("copied", data[0]);
    return ret;
}
