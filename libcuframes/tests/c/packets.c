/* Encoded packets through the C API: packets KEY. */
#include <poll.h>
#include <string.h>

#include "check.h"

enum { LARGEST = 1024 };

static cuframes_publisher_config_t grey(const char *key)
{
    cuframes_publisher_config_t config = { .struct_size = sizeof(config), .key = key,
                                           .width = 16, .height = 4,
                                           .format = CUFRAMES_FORMAT_R8 };
    return config;
}

static cuframes_subscriber_config_t reader(const char *key, int32_t packets)
{
    cuframes_subscriber_config_t config = { .struct_size = sizeof(config), .key = key,
                                            .consumer_name = "reader", .packets = packets };
    return config;
}

/* A publisher has no packets until it is told to, and readers are told. */
static int enable(cuframes_publisher_t *publisher, const char *key)
{
    cuframes_subscriber_config_t config = reader(key, CUFRAMES_PACKETS_ONLY);
    cuframes_packet_ring_t ring = { .struct_size = sizeof(ring), .slots = 5000 };
    cuframes_packet_t packet = { .struct_size = sizeof(packet) };
    cuframes_subscriber_t *subscriber;

    CHECK(cuframes_publisher_publish_packet(publisher, "x", 1, NULL, NULL) ==
          CUFRAMES_ERR_NO_PACKET_RING);
    CHECK(cuframes_publisher_set_codec_params(publisher, CUFRAMES_CODEC_H264, "x", 1) ==
          CUFRAMES_ERR_NO_PACKET_RING);
    CHECK(cuframes_subscriber_create(&config, &subscriber) == CUFRAMES_ERR_NO_PACKET_RING);
    CHECK(subscriber == NULL);
    config.packets = 3;
    CHECK(cuframes_subscriber_create(&config, &subscriber) == CUFRAMES_ERR_INVALID_ARGUMENT);
    config.packets      = CUFRAMES_PACKETS_ONLY;
    config.packets_from = 2;
    CHECK(cuframes_subscriber_create(&config, &subscriber) == CUFRAMES_ERR_INVALID_ARGUMENT);
    config = reader(key, CUFRAMES_PACKETS_NONE);
    CHECK(!cuframes_subscriber_create(&config, &subscriber));
    CHECK(cuframes_subscriber_next_packet(subscriber, &packet, 0) ==
          CUFRAMES_ERR_INVALID_ARGUMENT);
    CHECK(!cuframes_subscriber_destroy(subscriber));
    CHECK(cuframes_publisher_enable_packets(publisher, &ring) == CUFRAMES_ERR_INVALID_ARGUMENT);
    ring.slots = 8;
    ring.bytes = 4 * LARGEST;
    CHECK(!cuframes_publisher_enable_packets(publisher, &ring));
    CHECK(cuframes_publisher_enable_packets(publisher, NULL) == CUFRAMES_ERR_INVALID_ARGUMENT);
    return 0;
}

/* What a publisher may say, and what it may not. */
static int publish(cuframes_publisher_t *publisher)
{
    static const unsigned char large[4033];
    cuframes_packet_meta_t meta = { .struct_size = sizeof(meta), .flags = CUFRAMES_PACKET_KEY,
                                    .pts_ns = 80, .dts_ns = CUFRAMES_NO_PTS,
                                    .duration_ns = 40 };
    uint64_t seq = 7;

    CHECK(cuframes_publisher_set_codec_params(publisher, 0, NULL, 0) ==
          CUFRAMES_ERR_INVALID_ARGUMENT);
    CHECK(cuframes_publisher_set_codec_params(publisher, CUFRAMES_CODEC_HEVC, NULL, 1) ==
          CUFRAMES_ERR_INVALID_ARGUMENT);
    CHECK(cuframes_publisher_set_codec_params(publisher, CUFRAMES_CODEC_HEVC, large, 4033) ==
          CUFRAMES_ERR_INVALID_ARGUMENT);
    CHECK(!cuframes_publisher_set_codec_extradata(publisher, CUFRAMES_CODEC_HEVC, "extra", 5));
    CHECK(cuframes_publisher_publish_packet(publisher, large, 0, &meta, &seq) ==
          CUFRAMES_ERR_PACKET_OVERSIZED);
    CHECK(cuframes_publisher_publish_packet(publisher, large, LARGEST + 1, &meta, &seq) ==
          CUFRAMES_ERR_PACKET_OVERSIZED);
    CHECK(cuframes_publisher_publish_packet(publisher, NULL, 5, &meta, &seq) ==
          CUFRAMES_ERR_INVALID_ARGUMENT);
    CHECK(seq == 7);
    CHECK(!cuframes_publisher_publish_packet(publisher, "first", 5, &meta, &seq) && seq == 1);
    CHECK(!cuframes_publisher_publish_packet(publisher, "second", 6, NULL, NULL));
    return 0;
}

/* Codec and extradata, with room for them and without. */
static int params(cuframes_subscriber_t *subscriber)
{
    char extradata[8];
    uint32_t codec = 0;
    size_t size    = 0;

    CHECK(!cuframes_subscriber_get_codec_params(subscriber, &codec, NULL, &size));
    CHECK(codec == CUFRAMES_CODEC_HEVC && size == 5);
    size = 4;
    CHECK(cuframes_subscriber_get_codec_params(subscriber, NULL, extradata, &size) ==
          CUFRAMES_ERR_INVALID_ARGUMENT);
    CHECK(size == 5);
    size = sizeof(extradata);
    CHECK(!cuframes_subscriber_get_codec_params(subscriber, NULL, extradata, &size));
    CHECK(size == 5 && !memcmp(extradata, "extra", 5));
    CHECK(cuframes_subscriber_get_codec_params(subscriber, NULL, extradata, NULL) ==
          CUFRAMES_ERR_INVALID_ARGUMENT);
    return 0;
}

/* Packets in the library's buffer and in ours. */
static int read_both(cuframes_subscriber_t *subscriber)
{
    cuframes_packet_t packet = { .struct_size = sizeof(packet) };
    char buffer[LARGEST];

    CHECK(cuframes_subscriber_next_packet(subscriber, NULL, 0) == CUFRAMES_ERR_INVALID_ARGUMENT);
    CHECK(!cuframes_subscriber_next_packet(subscriber, &packet, -1));
    CHECK(packet.seq == 1 && packet.size == 5 && !memcmp(packet.data, "first", 5));
    CHECK(packet.flags == (CUFRAMES_PACKET_KEY | CUFRAMES_PACKET_NEW_EXTRADATA));
    CHECK(packet.pts_ns == 80 && packet.dts_ns == CUFRAMES_NO_PTS && packet.duration_ns == 40);
    CHECK(packet.publish_ns != 0 && packet.publish_ns <= (uint64_t)cuframes_now_ns());
    CHECK(cuframes_subscriber_next_packet_into(subscriber, NULL, LARGEST, &packet, 0) ==
          CUFRAMES_ERR_INVALID_ARGUMENT);
    CHECK(cuframes_subscriber_next_packet_into(subscriber, buffer, 5, &packet, 0) ==
          CUFRAMES_ERR_PACKET_OVERSIZED);
    CHECK(strstr(cuframes_last_error(), "6 bytes"));
    CHECK(!cuframes_subscriber_next_packet_into(subscriber, buffer, LARGEST, &packet, 0));
    CHECK(packet.seq == 2 && packet.size == 6 && !memcmp(buffer, "second", 6));
    CHECK(packet.data == (const unsigned char *)buffer && packet.flags == 0);
    CHECK(cuframes_subscriber_next_packet(subscriber, &packet, 0) == CUFRAMES_ERR_WOULD_BLOCK);
    CHECK(cuframes_subscriber_next_packet(subscriber, &packet, 20) == CUFRAMES_ERR_TIMEOUT);
    return 0;
}

/* A loss, the descriptor, the end. */
static int lose(cuframes_publisher_t *publisher, cuframes_subscriber_t *subscriber)
{
    cuframes_packet_meta_t meta = { .struct_size = sizeof(meta), .flags = CUFRAMES_PACKET_KEY };
    cuframes_packet_t packet    = { .struct_size = sizeof(packet) };
    cuframes_subscriber_stats_t read = { .struct_size = sizeof(read) };
    cuframes_publisher_stats_t sent  = { .struct_size = sizeof(sent) };
    struct pollfd fd = { .fd = cuframes_subscriber_fd(subscriber), .events = POLLIN };

    CHECK(fd.fd >= 0);
    CHECK(cuframes_subscriber_next_packet(subscriber, &packet, 0) == CUFRAMES_ERR_WOULD_BLOCK);
    CHECK(poll(&fd, 1, 0) == 0);
    for (int i = 0; i < 20; i++)
        CHECK(!cuframes_publisher_publish_packet(publisher, "more", 4, &meta, NULL));
    CHECK(poll(&fd, 1, 10000) == 1);
    CHECK(cuframes_subscriber_next_packet(subscriber, &packet, 0) ==
          CUFRAMES_ERR_PACKET_OVERRUN);
    CHECK(!cuframes_subscriber_next_packet(subscriber, &packet, 0) && packet.seq == 22);
    CHECK(packet.flags == (CUFRAMES_PACKET_KEY | CUFRAMES_PACKET_DISCONTINUITY));
    CHECK(!cuframes_subscriber_get_stats(subscriber, &read));
    CHECK(read.packets == 3 && read.packets_missed == 19 && read.packet_overruns == 1);
    CHECK(!cuframes_publisher_get_stats(publisher, &sent));
    CHECK(sent.packets == 22 && sent.packet_keys == 21 && sent.packet_bytes == 5 + 6 + 20 * 4);
    return 0;
}

int main(int argc, char **argv)
{
    cuframes_publisher_config_t config = grey(argc > 1 ? argv[1] : "packets");
    cuframes_subscriber_config_t ours  = reader(config.key, CUFRAMES_PACKETS_ONLY);
    cuframes_packet_t packet = { .struct_size = sizeof(packet) };
    cuframes_publisher_t *publisher;
    cuframes_subscriber_t *subscriber;

    config.packet_slots = 8;
    CHECK(cuframes_publisher_create(&config, &publisher) == CUFRAMES_ERR_INVALID_ARGUMENT);
    config.packet_slots = 0;
    CHECK(!cuframes_publisher_create(&config, &publisher));
    if (enable(publisher, config.key) || publish(publisher))
        return 1;
    CHECK(!cuframes_subscriber_create(&ours, &subscriber));
    if (params(subscriber) || read_both(subscriber) || lose(publisher, subscriber))
        return 1;
    CHECK(!cuframes_publisher_finish(publisher));
    CHECK(cuframes_subscriber_next_packet(subscriber, &packet, -1) ==
          CUFRAMES_ERR_END_OF_STREAM);
    CHECK(!cuframes_subscriber_destroy(subscriber));
    CHECK(!cuframes_publisher_destroy(publisher));
    printf("%d checks\n", checks);
    return 0;
}
