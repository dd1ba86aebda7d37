/* Every wrong handle is an error and harms nothing: misuse KEY. */
#include <stdio.h>
#include <string.h>

#include "check.h"

#define REFUSED(call) CHECK((call) == CUFRAMES_ERR_INVALID_ARGUMENT && *cuframes_last_error())

static int null_handles(void)
{
    void *pixels;
    cuframes_frame_t *frame;
    cuframes_slot_t *slot;
    cuframes_publisher_t *publisher;
    cuframes_subscriber_t *subscriber;

    REFUSED(cuframes_publisher_create(NULL, &publisher));
    REFUSED(cuframes_publisher_acquire(NULL, &pixels));
    REFUSED(cuframes_publisher_publish(NULL, NULL, 0));
    REFUSED(cuframes_publisher_acquire_slot(NULL, &slot));
    REFUSED(cuframes_publisher_finish(NULL));
    REFUSED(cuframes_publisher_destroy(NULL));
    REFUSED(cuframes_slot_release(NULL));
    REFUSED(cuframes_subscriber_create(NULL, &subscriber));
    REFUSED(cuframes_subscriber_next(NULL, NULL, &frame, 0));
    REFUSED(cuframes_subscriber_release(NULL, NULL));
    REFUSED(cuframes_subscriber_destroy(NULL));
    CHECK(cuframes_frame_data(NULL, 0) == NULL);
    CHECK(cuframes_frame_cuda_ptr(NULL) == NULL);
    CHECK(cuframes_frame_seq(NULL) == 0);
    CHECK(cuframes_slot_plane(NULL, 0) == NULL);
    return 0;
}

static int config_sizes(const char *key)
{
    cuframes_publisher_config_t config = { .key = key, .width = 16, .height = 16,
                                           .format = CUFRAMES_FORMAT_R8 };
    cuframes_publisher_t *publisher;

    config.struct_size = 4;
    REFUSED(cuframes_publisher_create(&config, &publisher));
    config.struct_size = 0; /* the first release's */
    config.key         = "not a key";
    REFUSED(cuframes_publisher_create(&config, &publisher));
    config.key   = key;
    config.width = 65536;
    REFUSED(cuframes_publisher_create(&config, &publisher));
    config.width = 0;
    REFUSED(cuframes_publisher_create(&config, &publisher));
    config.width  = 16;
    config.format = 1;
    CHECK(cuframes_publisher_create(&config, &publisher) < 0);
    return 0;
}

static int lives(const char *key)
{
    cuframes_publisher_config_t config = { .struct_size = sizeof(config), .key = key,
                                           .width = 16, .height = 16,
                                           .format = CUFRAMES_FORMAT_R8 };
    cuframes_subscriber_config_t reader = { .struct_size = sizeof(reader), .key = key };
    cuframes_publisher_t *publisher;
    cuframes_subscriber_t *subscriber;
    cuframes_frame_t *frame, *again;
    cuframes_slot_t *slot;
    void *pixels;
    int stream;

    CHECK(!cuframes_publisher_create(&config, &publisher));
    CHECK(!cuframes_subscriber_create(&reader, &subscriber));
    CHECK(cuframes_subscriber_next(subscriber, NULL, &frame, 0) == CUFRAMES_ERR_WOULD_BLOCK);
    CHECK(cuframes_subscriber_next(subscriber, NULL, &frame, 1) == CUFRAMES_ERR_TIMEOUT);

    REFUSED(cuframes_publisher_publish(publisher, NULL, 0)); /* nothing was acquired */
    CHECK(!cuframes_publisher_acquire(publisher, &pixels));
    memset(pixels, 7, 16);
    REFUSED(cuframes_publisher_publish(publisher, &stream, 0)); /* no stream in host memory */
    CHECK(!cuframes_publisher_publish(publisher, NULL, 5));

    CHECK(!cuframes_publisher_acquire_slot(publisher, &slot));
    CHECK(cuframes_slot_plane(slot, 0) != NULL && cuframes_slot_plane(slot, 1) == NULL);
    REFUSED(cuframes_publisher_destroy((cuframes_publisher_t *)slot)); /* of another kind */
    CHECK(!cuframes_slot_release(slot));
    REFUSED(cuframes_slot_release(slot));

    CHECK(!cuframes_subscriber_next(subscriber, NULL, &frame, -1));
    CHECK(cuframes_frame_pts_ns(frame) == 5 && cuframes_frame_seq(frame) == 1);
    CHECK(*(const unsigned char *)cuframes_frame_data(frame, 0) == 7);
    CHECK(cuframes_frame_data(frame, 1) == NULL);
    again = cuframes_frame_ref(frame);
    CHECK(again != NULL);
    CHECK(!cuframes_subscriber_release(subscriber, frame));
    REFUSED(cuframes_subscriber_release(subscriber, frame));
    CHECK(cuframes_frame_data(frame, 0) == NULL);
    REFUSED(cuframes_subscriber_release(subscriber, (cuframes_frame_t *)publisher));

    /* A frame outlives its subscriber: released after it, it goes, and the caller is told. */
    CHECK(!cuframes_subscriber_destroy(subscriber));
    REFUSED(cuframes_subscriber_destroy(subscriber));
    REFUSED(cuframes_subscriber_next(subscriber, NULL, &frame, 0));
    REFUSED(cuframes_subscriber_release(subscriber, again));
    CHECK(cuframes_frame_seq(again) == 0);

    CHECK(!cuframes_publisher_finish(publisher));
    CHECK(!cuframes_publisher_destroy(publisher));
    REFUSED(cuframes_publisher_destroy(publisher));
    return 0;
}

int main(int argc, char **argv)
{
    const char *key = argc > 1 ? argv[1] : "misuse";

    if (null_handles() || config_sizes(key) || lives(key))
        return 1;
    printf("%d checks\n", checks);
    return 0;
}
