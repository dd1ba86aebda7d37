/* What the header promises beyond refusing wrong handles: contract KEY. */
#include <stdio.h>
#include <string.h>

#include "check.h"

enum { WIDTH = 16, HEIGHT = 4 };

static cuframes_publisher_config_t grey(const char *key)
{
    cuframes_publisher_config_t config = { .struct_size = sizeof(config), .key = key,
                                           .width = WIDTH, .height = HEIGHT,
                                           .format = CUFRAMES_FORMAT_R8 };
    return config;
}

/* Structs of a newer release than the library's. */
static int newer_structs(const char *key)
{
    struct { cuframes_publisher_config_t known; uint64_t unknown; } config;
    struct { cuframes_layout_t known; uint64_t unknown; } layout;
    cuframes_publisher_t *publisher = (cuframes_publisher_t *)&config;

    memset(&config, 0, sizeof(config));
    config.known             = grey(key);
    config.known.struct_size = sizeof(config);
    config.unknown           = 1;
    CHECK(cuframes_publisher_create(&config.known, &publisher) == CUFRAMES_ERR_UNSUPPORTED);
    CHECK(publisher == NULL);
    config.unknown            = 0;
    config.known._reserved[0] = 1;
    CHECK(cuframes_publisher_create(&config.known, &publisher) == CUFRAMES_ERR_UNSUPPORTED);
    config.known._reserved[0] = 0;
    config.known.ownership    = CUFRAMES_OWNERSHIP_EXTERNAL; /* and no buffers */
    CHECK(cuframes_publisher_create(&config.known, &publisher) == CUFRAMES_ERR_INVALID_ARGUMENT);
    config.known.ownership   = CUFRAMES_OWNERSHIP_LIBRARY;
    config.known.struct_size = 1 << 20;
    CHECK(cuframes_publisher_create(&config.known, &publisher) ==
          CUFRAMES_ERR_INVALID_ARGUMENT);
    config.known.struct_size = sizeof(config);
    CHECK(!cuframes_publisher_create(&config.known, &publisher));

    memset(&layout, 0xFF, sizeof(layout));
    layout.known.struct_size = sizeof(layout);
    CHECK(!cuframes_publisher_get_layout(publisher, &layout.known));
    CHECK(layout.known.struct_size == sizeof(layout) && layout.unknown == 0);
    CHECK(layout.known.width == WIDTH && layout.known.frame_size == 256 * HEIGHT);
    memset(&layout, 0xFF, sizeof(layout));
    layout.known.struct_size = 0; /* the first release's */
    CHECK(!cuframes_publisher_get_layout(publisher, &layout.known));
    CHECK(layout.known.height == HEIGHT && layout.unknown == UINT64_MAX);
    return cuframes_publisher_destroy(publisher);
}

/* Pictures that are stored bottom up, and metadata that is wrong. */
static int copies(cuframes_publisher_t *publisher, cuframes_subscriber_t *subscriber)
{
    unsigned char picture[HEIGHT][WIDTH + 3], packed[HEIGHT * WIDTH];
    const void *data[4] = { picture[HEIGHT - 1] };
    int32_t pitch[4] = { -(WIDTH + 3) };
    cuframes_frame_meta_t meta = { .struct_size = sizeof(meta), .crop_left = WIDTH };
    cuframes_publisher_stats_t stats = { .struct_size = sizeof(stats) };
    cuframes_frame_t *frame;
    uint64_t seq = 0;

    for (int y = 0; y < HEIGHT; y++)
        memset(picture[y], y, sizeof(picture[y]));
    CHECK(cuframes_publisher_publish_copy(publisher, data, pitch, &meta, &seq) ==
          CUFRAMES_ERR_INVALID_ARGUMENT);
    meta.crop_left = 1;
    pitch[0]       = WIDTH - 1;
    CHECK(cuframes_publisher_publish_copy(publisher, data, pitch, &meta, &seq) ==
          CUFRAMES_ERR_INVALID_ARGUMENT);
    pitch[0] = -(WIDTH + 3);
    CHECK(!cuframes_publisher_publish_copy(publisher, data, pitch, &meta, &seq) && seq == 1);
    CHECK(!cuframes_publisher_get_stats(publisher, &stats));
    CHECK(stats.copies == 1 && stats.published == 1 && stats.subscriber_count == 1);

    CHECK(!cuframes_subscriber_next(subscriber, NULL, &frame, -1));
    memset(&meta, 0, sizeof(meta));
    CHECK(!cuframes_frame_get_meta(frame, &meta) && meta.crop_left == 1);
    CHECK(cuframes_frame_copy_to(frame, packed, sizeof(packed) - 1) ==
          CUFRAMES_ERR_INVALID_ARGUMENT);
    CHECK(!cuframes_frame_copy_to(frame, packed, sizeof(packed)));
    for (int y = 0; y < HEIGHT; y++)
        CHECK(packed[y * WIDTH] == HEIGHT - 1 - y && packed[y * WIDTH + WIDTH - 1] == packed[y * WIDTH]);
    return cuframes_subscriber_release(subscriber, frame);
}

static void note(void *user, int32_t event, uint64_t epoch)
{
    *(int *)user = epoch != 0 ? event : -1;
}

/* Slots of an old geometry, and slots that outlive their publisher. */
static int slots(cuframes_publisher_t *publisher, cuframes_subscriber_t *subscriber)
{
    cuframes_slot_t *old, *slot;
    cuframes_frame_t *frame;
    void *first, *second;
    uint64_t seq = 0;
    int event = 0;

    CHECK(!cuframes_subscriber_set_event_callback(subscriber, note, &event));
    CHECK(!cuframes_publisher_acquire(publisher, &first));
    CHECK(!cuframes_publisher_acquire(publisher, &second) && first == second);
    CHECK(!cuframes_publisher_acquire_slot(publisher, &old));
    CHECK(!cuframes_publisher_reconfigure(publisher, CUFRAMES_FORMAT_R8, 2 * WIDTH, HEIGHT));
    CHECK(cuframes_publisher_publish_slot(publisher, old, NULL, NULL, NULL) ==
          CUFRAMES_ERR_RECONFIGURED);
    memset(cuframes_slot_plane(old, 0), 1, WIDTH); /* still memory */
    CHECK(cuframes_publisher_publish(publisher, NULL, 0) == CUFRAMES_ERR_RECONFIGURED);

    CHECK(!cuframes_publisher_acquire_slot(publisher, &slot));
    memset(cuframes_slot_plane(slot, 0), 9, 2 * WIDTH);
    CHECK(!cuframes_publisher_publish_slot(publisher, slot, NULL, NULL, &seq) && seq == 2);
    CHECK(cuframes_publisher_publish_slot(publisher, slot, NULL, NULL, NULL) ==
          CUFRAMES_ERR_INVALID_ARGUMENT);
    CHECK(!cuframes_subscriber_next(subscriber, NULL, &frame, -1));
    CHECK(event == CUFRAMES_EVENT_RECONFIGURED && cuframes_frame_width(frame) == 2 * WIDTH);
    CHECK(cuframes_frame_flags(frame) & CUFRAMES_FRAME_DISCONTINUITY);

    /* Released through another subscriber it stays; through a dead one it goes, with a word. */
    CHECK(cuframes_subscriber_release(NULL, frame) == CUFRAMES_ERR_INVALID_ARGUMENT);
    CHECK(cuframes_frame_seq(frame) == 2);
    CHECK(!cuframes_subscriber_destroy(subscriber));
    CHECK(*(const unsigned char *)cuframes_frame_data(frame, 0) == 9);
    CHECK(cuframes_subscriber_release(subscriber, frame) == CUFRAMES_ERR_INVALID_ARGUMENT);
    CHECK(cuframes_frame_seq(frame) == 0);

    CHECK(!cuframes_publisher_finish(publisher));
    CHECK(cuframes_publisher_acquire(publisher, &first) == CUFRAMES_ERR_END_OF_STREAM);
    CHECK(!cuframes_publisher_destroy(publisher));
    CHECK(*(unsigned char *)cuframes_slot_plane(slot, 0) == 9);
    CHECK(!cuframes_slot_release(slot) && !cuframes_slot_release(old));
    return 0;
}

/* A reader that was patient when it connected, and is not any more. */
static int patience(const char *key)
{
    cuframes_publisher_config_t config = grey(key);
    cuframes_subscriber_config_t reader = { .struct_size = sizeof(reader), .key = key,
                                            .connect_timeout_ms = -1 };
    cuframes_publisher_t *publisher;
    cuframes_subscriber_t *subscriber;
    cuframes_frame_t *frame;

    config.max_leases = 3;
    CHECK(!cuframes_publisher_create(&config, &publisher));
    CHECK(!cuframes_subscriber_create(&reader, &subscriber));
    CHECK(cuframes_subscriber_max_leases(subscriber) == 3);
    CHECK(!cuframes_subscriber_set_connect_timeout(subscriber, 0));
    CHECK(!cuframes_publisher_destroy(publisher));
    CHECK(cuframes_subscriber_next(subscriber, NULL, &frame, -1) == CUFRAMES_ERR_DISCONNECTED);
    CHECK(!cuframes_subscriber_destroy(subscriber));
    CHECK(cuframes_subscriber_max_leases(subscriber) == CUFRAMES_ERR_INVALID_ARGUMENT);
    return cuframes_subscriber_set_connect_timeout(subscriber, 0) != CUFRAMES_ERR_INVALID_ARGUMENT;
}

int main(int argc, char **argv)
{
    const char *key = argc > 1 ? argv[1] : "contract";
    cuframes_publisher_config_t config = grey(key);
    cuframes_subscriber_config_t reader = { .struct_size = sizeof(reader), .key = key };
    cuframes_publisher_t *publisher;
    cuframes_subscriber_t *subscriber;

    if (newer_structs(key) || patience(key))
        return 1;
    CHECK(!cuframes_publisher_create(&config, &publisher));
    CHECK(!cuframes_subscriber_create(&reader, &subscriber));
    if (copies(publisher, subscriber) || slots(publisher, subscriber))
        return 1;
    printf("%d checks\n", checks);
    return 0;
}
