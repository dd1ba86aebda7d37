/* Publishes FRAMES frames, and reads each in the same process if told to:
 * frames KEY MEMORY SYNC FRAMES publish|read. What it costs is counted by who runs it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cuda.h>
#include <cuframes/cuframes.h>

static int fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, cuframes_last_error());
    return 1;
}

static int kind_of(const char *name, const char *const *names, const int *kinds)
{
    for (; *names; names++, kinds++)
        if (!strcmp(name, *names))
            return *kinds;
    fprintf(stderr, "there is no %s\n", name);
    exit(2);
}

static int memory_of(const char *name)
{
    static const char *const names[] = { "host", "cuda_ipc", "cuda_vmm", NULL };
    static const int kinds[] = { CUFRAMES_MEMORY_HOST, CUFRAMES_MEMORY_CUDA_IPC,
                                 CUFRAMES_MEMORY_CUDA_VMM };
    return kind_of(name, names, kinds);
}

static int sync_of(const char *name)
{
    static const char *const names[] = { "cpu", "event", "timeline", NULL };
    static const int kinds[] = { CUFRAMES_SYNC_CPU, CUFRAMES_SYNC_EVENT, CUFRAMES_SYNC_TIMELINE };
    return kind_of(name, names, kinds);
}

/* One frame in host memory, or one that the stream writes. */
static int publish(cuframes_publisher_t *publisher, CUstream stream, int on_host)
{
    cuframes_slot_t *slot;
    void *pixels;

    if (on_host)
        return cuframes_publisher_acquire(publisher, &pixels) ||
               cuframes_publisher_publish(publisher, NULL, 0);
    return cuframes_publisher_acquire_on(publisher, stream, &slot) ||
           cuframes_publisher_publish_slot(publisher, slot, stream, NULL, NULL) ||
           cuframes_slot_release(slot);
}

static int read_frame(cuframes_subscriber_t *subscriber, CUstream stream)
{
    cuframes_frame_t *frame;

    return cuframes_subscriber_next(subscriber, stream, &frame, -1) ||
           cuframes_subscriber_release(subscriber, frame);
}

int main(int argc, char **argv)
{
    cuframes_publisher_config_t config = {
        .struct_size = sizeof(config),
        .width = 64, .height = 48, .format = CUFRAMES_FORMAT_NV12,
        .policy = CUFRAMES_POLICY_STRICT_WAIT,
    };
    cuframes_subscriber_config_t reading = {
        .struct_size = sizeof(reading),
        .mode = CUFRAMES_MODE_STRICT_ORDER,
    };
    cuframes_subscriber_t *subscriber = NULL;
    cuframes_publisher_t *publisher;
    CUcontext context = NULL;
    CUstream stream = NULL;
    int on_host, frames;

    if (argc != 6)
        return 2;
    config.key    = reading.key = argv[1];
    config.memory = memory_of(argv[2]);
    config.sync   = sync_of(argv[3]);
    frames        = atoi(argv[4]);
    on_host       = config.memory == CUFRAMES_MEMORY_HOST;
    if (!on_host && (cuInit(0) || cuDevicePrimaryCtxRetain(&context, 0) ||
                     cuCtxPushCurrent(context) ||
                     cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING)))
        return 1;
    config.cuda_context = reading.cuda_context = context;
    reading.cuda        = on_host ? CUFRAMES_CUDA_NONE : CUFRAMES_CUDA_CONTEXT;
    if (cuframes_publisher_create(&config, &publisher))
        return fail("publisher");
    if (!strcmp(argv[5], "read") && cuframes_subscriber_create(&reading, &subscriber))
        return fail("subscriber");
    for (int frame = 0; frame < frames; frame++) {
        if (publish(publisher, stream, on_host))
            return fail("publish");
        if (subscriber && read_frame(subscriber, stream))
            return fail("read");
        /* Nobody is to wait for a slot: what that costs depends on the GPU. */
        if (!on_host && cuStreamSynchronize(stream))
            return 1;
    }
    if (subscriber)
        cuframes_subscriber_destroy(subscriber);
    if (cuframes_publisher_finish(publisher) || cuframes_publisher_destroy(publisher))
        return fail("finish");
    if (!on_host && (cuStreamDestroy(stream) || cuDevicePrimaryCtxRelease(0)))
        return 1;
    return 0;
}
