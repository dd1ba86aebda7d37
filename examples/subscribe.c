/* Reads every frame of a key in place: subscribe [KEY [FILE]]; FILE gets raw video. */
#include <inttypes.h>
#include <stdio.h>

#include <cuframes/cuframes.h>

static int fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, cuframes_last_error());
    return 1;
}

/* The rows lie where the publisher made them, padded to the pitch. */
static void write_frame(cuframes_frame_t *frame, FILE *file)
{
    cuframes_layout_t layout = { .struct_size = sizeof(layout) };

    cuframes_frame_get_layout(frame, &layout);
    for (uint32_t plane = 0; plane < layout.plane_count; plane++) {
        const char *row = cuframes_frame_data(frame, plane);
        for (uint32_t y = 0; y < layout.plane_rows[plane]; y++) {
            fwrite(row, 1, layout.plane_row_bytes[plane], file);
            row += layout.plane_pitch[plane];
        }
    }
}

int main(int argc, char **argv)
{
    cuframes_subscriber_config_t config = {
        .struct_size = sizeof(config),
        .key         = argc > 1 ? argv[1] : "cam1",
        .mode        = CUFRAMES_MODE_STRICT_ORDER,
    };
    cuframes_subscriber_stats_t stats = { .struct_size = sizeof(stats) };
    FILE *file = argc > 2 ? fopen(argv[2], "wb") : NULL;
    cuframes_subscriber_t *subscriber;
    cuframes_frame_t *frame;
    uint64_t waited_ns = 0;
    int err;

    if (cuframes_subscriber_create(&config, &subscriber))
        return fail("subscribe");
    while (!(err = cuframes_subscriber_next(subscriber, NULL, &frame, -1))) {
        waited_ns += (uint64_t)cuframes_now_ns() - cuframes_frame_publish_ns(frame);
        if (file)
            write_frame(frame, file);
        if (cuframes_subscriber_release(subscriber, frame))
            return fail("release"); /* evicted: the frame may be torn */
    }
    if (err != CUFRAMES_ERR_END_OF_STREAM)
        return fail("next frame");
    cuframes_subscriber_get_stats(subscriber, &stats);
    printf("%" PRIu64 " frames, %" PRIu64 " missed, %" PRIu64 " us from publish to seen\n",
           stats.received, stats.missed, stats.received ? waited_ns / stats.received / 1000 : 0);
    cuframes_subscriber_destroy(subscriber);
    return file && fclose(file) ? 1 : 0;
}
