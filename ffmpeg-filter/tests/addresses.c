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
 *   filled  ADDRESS WHERE    FFmpeg writes a picture: its `copy` filter, an upload
 *   slot    ADDRESS WHERE    libcuframes publishes a slot
 *   copied  ADDRESS WHERE    libcuframes copies a picture into a slot
 *
 * and before all of them `begun SIZE log`, with the size of the driver's log when
 * there is a publisher: what comes behind in it is work on frames.
 *
 * In host memory WHERE is the kernel's word, from /proc/self/maps: `pool` inside
 * of the memfd of the pool, else `elsewhere`. On a GPU it is the driver's word:
 * first address and size of the allocation, as BASE+SIZE.
 *
 * With UNORDERED set, slots on a GPU are published as if their pixels were
 * complete already, which is what a test is to notice.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cuframes/cuframes.h>

/* Of the publisher; NULL while there is none on a GPU. */
static void *context;

static void *real(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (!found)
        abort();
    return found;
}

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

static void *driver(const char *name)
{
    static void *library;
    void *found;

    if (!library)
        library = dlopen("libcuda.so.1", RTLD_NOW);
    found = library ? dlsym(library, name) : NULL;
    if (!found)
        abort();
    return found;
}

/* The allocation in which a device pointer lies; 0 if it is none. */
static int allocation(const void *address, uint64_t *base, size_t *size)
{
    int (*push)(void *) = driver("cuCtxPushCurrent_v2");
    int (*pop)(void **) = driver("cuCtxPopCurrent_v2");
    int (*range)(uint64_t *, size_t *, uint64_t) = driver("cuMemGetAddressRange_v2");
    void *popped;
    int found;

    if (push(context))
        abort();
    found = !range(base, size, (uintptr_t)address);
    pop(&popped);
    return found;
}

static void tell(const char *what, const void *address)
{
    const char *path = getenv("ADDRESSES");
    FILE *file = path ? fopen(path, "ae") : NULL;
    uint64_t base;
    size_t size;

    if (!path)
        return;
    if (!file)
        abort();
    if (context && allocation(address, &base, &size))
        fprintf(file, "%s %p %#" PRIx64 "+%zu\n", what, address, base, size);
    else
        fprintf(file, "%s %p %s\n", what, address, in_pool(address) ? "pool" : "elsewhere");
    fclose(file);
}

static void tell_log(void)
{
    const char *path = getenv("FAKE_CUDA_LOG");
    FILE *file = path ? fopen(getenv("ADDRESSES"), "ae") : NULL;
    struct stat log;

    if (!path)
        return;
    if (!file || stat(path, &log))
        abort();
    fprintf(file, "begun %lld log\n", (long long)log.st_size);
    fclose(file);
}

/* An AVFrame begins with its data pointers. */
int av_frame_copy(void *dst, const void *src)
{
    int (*copy)(void *, const void *) = real("av_frame_copy");

    tell("filled", *(void **)dst);
    return copy(dst, src);
}

int av_hwframe_transfer_data(void *dst, const void *src, int flags)
{
    int (*transfer)(void *, const void *, int) = real("av_hwframe_transfer_data");

    tell("filled", *(void **)dst);
    return transfer(dst, src, flags);
}

int cuframes_publisher_create(const cuframes_publisher_config_t *config,
                              cuframes_publisher_t **out)
{
    int (*create)(const cuframes_publisher_config_t *, cuframes_publisher_t **) =
        real("cuframes_publisher_create");
    const int ret = create(config, out);

    context = config->cuda_context;
    tell_log();
    return ret;
}

int cuframes_publisher_set_cuda_context(cuframes_publisher_t *pub, void *next)
{
    int (*set)(cuframes_publisher_t *, void *) = real("cuframes_publisher_set_cuda_context");

    context = next;
    return set(pub, next);
}

int cuframes_publisher_publish_slot(cuframes_publisher_t *pub, cuframes_slot_t *slot,
                                    void *stream, const cuframes_frame_meta_t *meta,
                                    uint64_t *seq)
{
    int (*publish)(cuframes_publisher_t *, cuframes_slot_t *, void *,
                   const cuframes_frame_meta_t *, uint64_t *) =
        real("cuframes_publisher_publish_slot");
    const uint64_t device = cuframes_slot_cuda_plane(slot, 0);
    const void *address = device ? (void *)(uintptr_t)device : cuframes_slot_plane(slot, 0);
    const int ret = publish(pub, slot, device && getenv("UNORDERED") ? CUFRAMES_NO_STREAM : stream,
                            meta, seq);

    if (!ret)
        tell("slot", address);
    return ret;
}

int cuframes_publisher_publish_copy(cuframes_publisher_t *pub, const void *const *data,
                                    const int32_t *pitch, const cuframes_frame_meta_t *meta,
                                    uint64_t *seq)
{
    int (*publish)(cuframes_publisher_t *, const void *const *, const int32_t *,
                   const cuframes_frame_meta_t *, uint64_t *) =
        real("cuframes_publisher_publish_copy");
    const int ret = publish(pub, data, pitch, meta, seq);

    if (!ret)
        tell("copied", data[0]);
    return ret;
}

int cuframes_publisher_publish_copy_on(cuframes_publisher_t *pub, void *stream,
                                       const uint64_t *planes, const int32_t *pitch,
                                       const cuframes_frame_meta_t *meta, uint64_t *seq)
{
    int (*publish)(cuframes_publisher_t *, void *, const uint64_t *, const int32_t *,
                   const cuframes_frame_meta_t *, uint64_t *) =
        real("cuframes_publisher_publish_copy_on");
    const int ret = publish(pub, stream, planes, pitch, meta, seq);

    if (!ret)
        tell("copied", (const void *)(uintptr_t)planes[0]);
    return ret;
}
