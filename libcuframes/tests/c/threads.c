/* What C sees of other threads and of eviction: threads KEY. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "check.h"

enum { WIDTH = 16, HEIGHT = 4, WATCHDOG_S = 10 };

static pthread_mutex_t mutex  = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

/* Waits until *value is at_least; 0 if that takes too long. */
static int reaches(const int *value, int at_least)
{
    struct timespec limit;
    int failed = 0;

    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += WATCHDOG_S;
    pthread_mutex_lock(&mutex);
    while (*value < at_least && !failed)
        failed = pthread_cond_timedwait(&changed, &mutex, &limit);
    pthread_mutex_unlock(&mutex);
    return !failed;
}

static void step(int *value)
{
    pthread_mutex_lock(&mutex);
    ++*value;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static int join(const char *key, const char *name, cuframes_subscriber_t **out)
{
    cuframes_subscriber_config_t config = { .struct_size = sizeof(config), .key = key,
                                            .consumer_name = name };
    return cuframes_subscriber_create(&config, out);
}

struct heard {
    pthread_t main;
    int elsewhere, here, wrong;
};

static void hear(void *user, int level, const char *message)
{
    struct heard *heard = user;
    int is_here = pthread_equal(pthread_self(), heard->main);

    if (is_here && level == CUFRAMES_LOG_DEBUG && !strncmp(message, "joined ", 7))
        step(&heard->here);
    else if (!is_here && level == CUFRAMES_LOG_INFO && !strncmp(message, "subscriber joined ", 18))
        step(&heard->elsewhere);
    else if (level < CUFRAMES_LOG_ERROR || level > CUFRAMES_LOG_TRACE || strchr(message, '\n'))
        step(&heard->wrong);
}

/* Messages come on the thread on which they arise, and only to the callback that is set. */
static int logging(const char *key, cuframes_publisher_t *publisher)
{
    static struct heard heard, other; /* to the end of the program, as the header asks */
    cuframes_subscriber_t *first, *second, *third;

    heard.main = other.main = pthread_self();
    cuframes_set_log_callback(hear, &heard);
    CHECK(!join(key, "first", &first));
    CHECK(reaches(&heard.elsewhere, 1));

    cuframes_set_log_callback(NULL, NULL);
    CHECK(!join(key, "second", &second));
    CHECK(!cuframes_publisher_wait_subscribers(publisher, 2, -1));
    CHECK(!cuframes_subscriber_destroy(second));

    cuframes_set_log_callback(hear, &other);
    CHECK(!join(key, "third", &third));
    CHECK(reaches(&other.elsewhere, 1));
    cuframes_set_log_callback(NULL, NULL);
    CHECK(heard.here == 1 && heard.elsewhere == 1 && heard.wrong == 0);
    CHECK(other.here == 1 && other.wrong == 0);
    CHECK(!cuframes_subscriber_destroy(first));
    CHECK(!cuframes_subscriber_destroy(third));
    return 0;
}

struct reader {
    cuframes_subscriber_t *subscriber;
    int inside, go_on, result;
    uint64_t seq;
};

static void stay(void *user, int32_t event, uint64_t epoch)
{
    struct reader *reader = user;

    (void)event;
    (void)epoch;
    step(&reader->inside);
    reaches(&reader->go_on, 1);
}

static void *read_one(void *user)
{
    struct reader *reader = user;
    cuframes_frame_t *frame;

    reader->result = cuframes_subscriber_next(reader->subscriber, NULL, &frame, -1);
    if (!reader->result) {
        reader->seq    = cuframes_frame_seq(frame);
        reader->result = cuframes_subscriber_release(reader->subscriber, frame);
    }
    return NULL;
}

/* Who is second on a handle is refused at once, and the first one is not disturbed. */
static int two_on_one_handle(const char *key, cuframes_publisher_t *publisher)
{
    struct reader reader = { .result = 1 };
    cuframes_subscriber_stats_t stats = { .struct_size = sizeof(stats) };
    cuframes_frame_t *frame;
    pthread_t thread;
    void *pixels;

    CHECK(!join(key, "shared", &reader.subscriber));
    CHECK(!cuframes_subscriber_set_event_callback(reader.subscriber, stay, &reader));
    CHECK(!pthread_create(&thread, NULL, read_one, &reader));
    CHECK(!cuframes_publisher_reconfigure(publisher, CUFRAMES_FORMAT_R8, 2 * WIDTH, HEIGHT));
    CHECK(reaches(&reader.inside, 1));
    CHECK(cuframes_subscriber_next(reader.subscriber, NULL, &frame, -1) ==
          CUFRAMES_ERR_INVALID_ARGUMENT);
    CHECK(frame == NULL);
    CHECK(cuframes_subscriber_get_stats(reader.subscriber, &stats) ==
          CUFRAMES_ERR_INVALID_ARGUMENT);
    CHECK(cuframes_subscriber_fd(reader.subscriber) == CUFRAMES_ERR_INVALID_ARGUMENT);
    step(&reader.go_on);
    CHECK(!cuframes_publisher_acquire(publisher, &pixels));
    CHECK(!cuframes_publisher_publish(publisher, NULL, 0));
    CHECK(!pthread_join(thread, NULL));
    CHECK(reader.result == 0 && reader.inside == 1);
    CHECK(!cuframes_subscriber_get_stats(reader.subscriber, &stats) && stats.received == 1);
    CHECK(reader.seq == 1);
    return cuframes_subscriber_destroy(reader.subscriber);
}

/* Who holds a frame for too long learns it from release and from next, each time. */
static int eviction(const char *key, cuframes_publisher_t *publisher)
{
    cuframes_publisher_stats_t stats = { .struct_size = sizeof(stats) };
    time_t started                   = time(NULL);
    cuframes_subscriber_t *subscriber;
    cuframes_frame_t *frame, *next;
    void *pixels;

    CHECK(!join(key, "slow", &subscriber));
    CHECK(!cuframes_publisher_acquire(publisher, &pixels));
    CHECK(!cuframes_publisher_publish(publisher, NULL, 0));
    CHECK(!cuframes_subscriber_next(subscriber, NULL, &frame, -1));
    while (stats.evicted == 0 && time(NULL) - started < WATCHDOG_S) {
        if (!cuframes_publisher_acquire(publisher, &pixels))
            cuframes_publisher_publish(publisher, NULL, 0);
        cuframes_publisher_get_stats(publisher, &stats);
        sched_yield();
    }
    CHECK(stats.evicted == 1);
    CHECK(cuframes_subscriber_release(subscriber, frame) == CUFRAMES_ERR_EVICTED);
    CHECK(strstr(cuframes_last_error(), "lease_timeout"));
    CHECK(cuframes_subscriber_release(subscriber, frame) == CUFRAMES_ERR_INVALID_ARGUMENT);
    for (int again = 0; again < 2; again++) {
        CHECK(cuframes_subscriber_next(subscriber, NULL, &next, -1) == CUFRAMES_ERR_EVICTED);
        CHECK(next == NULL && strstr(cuframes_last_error(), "lease_timeout"));
    }
    return cuframes_subscriber_destroy(subscriber);
}

int main(int argc, char **argv)
{
    const char *key = argc > 1 ? argv[1] : "threads";
    cuframes_publisher_config_t config = { .struct_size = sizeof(config), .key = key,
                                           .width = WIDTH, .height = HEIGHT,
                                           .format = CUFRAMES_FORMAT_R8,
                                           .ring_size = 4, .lease_timeout_ms = 50 };
    cuframes_publisher_t *publisher;

    CHECK(!cuframes_publisher_create(&config, &publisher));
    if (logging(key, publisher) || two_on_one_handle(key, publisher) || eviction(key, publisher))
        return 1;
    CHECK(!cuframes_publisher_destroy(publisher));
    printf("%d checks\n", checks);
    return 0;
}
