/* Copies every frame of a key, which is on a GPU, to the host: subscribe_cuda [KEY [FILE]]; FILE
 * gets raw video. The frame is given back as soon as the stream has read it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <cuda.h>
#include <cuframes/cuframes.h>

static int fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, cuframes_last_error());
    return 1;
}

static int fail_cuda(CUresult result)
{
    const char *name = "an unknown error";

    cuGetErrorName(result, &name);
    fprintf(stderr, "CUDA: %s\n", name);
    return 1;
}

/* Lets the stream copy the planes, without padding, one behind the other. */
static CUresult copy_planes(cuframes_frame_t *frame, char *to, CUstream stream)
{
    cuframes_layout_t layout = { .struct_size = sizeof(layout) };

    cuframes_frame_get_layout(frame, &layout);
    for (uint32_t plane = 0; plane < layout.plane_count; plane++) {
        CUDA_MEMCPY2D copy = {
            .srcMemoryType = CU_MEMORYTYPE_DEVICE,
            .srcDevice     = cuframes_frame_cuda_plane(frame, plane),
            .srcPitch      = layout.plane_pitch[plane],
            .dstMemoryType = CU_MEMORYTYPE_HOST,
            .dstHost       = to,
            .dstPitch      = layout.plane_row_bytes[plane],
            .WidthInBytes  = layout.plane_row_bytes[plane],
            .Height        = layout.plane_rows[plane],
        };
        CUresult result = cuMemcpy2DAsync(&copy, stream);
        if (result)
            return result;
        to += (size_t)layout.plane_row_bytes[plane] * layout.plane_rows[plane];
    }
    return CUDA_SUCCESS;
}

static int read_all(cuframes_subscriber_t *subscriber, CUstream stream, char *to, size_t size,
                    FILE *file)
{
    cuframes_frame_t *frame;
    CUresult result;
    int err;

    /* The stream waits for the pixels; this thread does not. */
    while (!(err = cuframes_subscriber_next(subscriber, stream, &frame, -1))) {
        if ((result = copy_planes(frame, to, stream)))
            return fail_cuda(result);
        /* Given back when the stream gets here. */
        if (cuframes_subscriber_release(subscriber, frame))
            return fail("release");
        if ((result = cuStreamSynchronize(stream)))
            return fail_cuda(result);
        if (file)
            fwrite(to, 1, size, file);
    }
    return err == CUFRAMES_ERR_END_OF_STREAM ? 0 : fail("next frame");
}

int main(int argc, char **argv)
{
    cuframes_subscriber_config_t config = {
        .struct_size = sizeof(config),
        .key         = argc > 1 ? argv[1] : "cam1",
        .mode        = CUFRAMES_MODE_STRICT_ORDER,
        .cuda        = CUFRAMES_CUDA_CONTEXT,
    };
    cuframes_subscriber_stats_t stats = { .struct_size = sizeof(stats) };
    cuframes_layout_t layout = { .struct_size = sizeof(layout) };
    FILE *file = argc > 2 ? fopen(argv[2], "wb") : NULL;
    cuframes_subscriber_t *subscriber;
    CUcontext context;
    CUstream stream;
    CUresult result;
    size_t size;
    char *to;
    int failed;

    if ((result = cuInit(0)) || (result = cuDevicePrimaryCtxRetain(&context, 0)) ||
        (result = cuCtxPushCurrent(context)) ||
        (result = cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING)))
        return fail_cuda(result);
    config.cuda_context = context;
    if (cuframes_subscriber_create(&config, &subscriber))
        return fail("subscribe");
    cuframes_subscriber_get_layout(subscriber, &layout);
    size = 0;
    for (uint32_t plane = 0; plane < layout.plane_count; plane++)
        size += (size_t)layout.plane_row_bytes[plane] * layout.plane_rows[plane];
    if (!(to = malloc(size)))
        return 1;
    failed = read_all(subscriber, stream, to, size, file);
    cuframes_subscriber_get_stats(subscriber, &stats);
    printf("%" PRIu64 " frames, %" PRIu64 " missed\n", stats.received, stats.missed);
    free(to);
    cuframes_subscriber_destroy(subscriber);
    cuStreamDestroy(stream);
    cuCtxPopCurrent(NULL);
    cuDevicePrimaryCtxRelease(0);
    return (file && fclose(file)) || failed;
}
