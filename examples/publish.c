/* Publishes a moving gradient: publish [KEY [FRAMES [SUBSCRIBERS TO WAIT FOR]]]. */
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cuframes/cuframes.h>

static int fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, cuframes_last_error());
    return 1;
}

/* NV12: a plane of luma, then one of chroma, each row at its pitch. */
static void paint(unsigned char *frame, const cuframes_layout_t *layout, int number)
{
    for (uint32_t y = 0; y < layout->plane_rows[0]; y++) {
        unsigned char *row = frame + (size_t)y * layout->plane_pitch[0];
        for (uint32_t x = 0; x < layout->plane_row_bytes[0]; x++)
            row[x] = (unsigned char)(x + y + 2 * (uint32_t)number);
    }
    memset(frame + layout->plane_offset[1], 128,
           (size_t)layout->plane_rows[1] * layout->plane_pitch[1]);
}

int main(int argc, char **argv)
{
    const int frames = argc > 2 ? atoi(argv[2]) : 250;
    const struct timespec interval = { .tv_nsec = 40 * 1000 * 1000 };
    cuframes_publisher_config_t config = {
        .struct_size      = sizeof(config),
        .key              = argc > 1 ? argv[1] : "cam1",
        .width            = 640,
        .height           = 480,
        .format           = CUFRAMES_FORMAT_NV12,
        .policy           = CUFRAMES_POLICY_STRICT_WAIT,
        .wait_subscribers = argc > 3 ? (uint32_t)atoi(argv[3]) : 0,
    };
    cuframes_layout_t layout = { .struct_size = sizeof(layout) };
    cuframes_publisher_t *publisher;
    if (cuframes_publisher_create(&config, &publisher))
        return fail("publish");
    cuframes_publisher_get_layout(publisher, &layout);
    for (int number = 0; number < frames; number++) {
        void *frame;
        int err = cuframes_publisher_acquire(publisher, &frame);
        if (!err) {
            paint(frame, &layout, number);
            err = cuframes_publisher_publish(publisher, NULL, cuframes_now_ns());
        }
        if (err && err != CUFRAMES_ERR_WOULD_BLOCK) /* that is a frame dropped and counted */
            return fail("frame");
        nanosleep(&interval, NULL);
    }
    return cuframes_publisher_finish(publisher) || cuframes_publisher_destroy(publisher);
}
