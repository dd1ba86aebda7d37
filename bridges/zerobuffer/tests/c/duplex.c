/* Requests and responses, and handlers that fail: duplex CHANNEL. */
#include <string.h>

#include "check.h"

static int reverse(void *user, const void *request, size_t size, uint64_t sequence,
                   zerobuffer_response_t *response)
{
    char answer[64];
    size_t at;

    if (size > sizeof(answer))
        return zerobuffer_handler_error("too long for me") ? 2 : 1;
    for (at = 0; at < size; at++)
        answer[at] = ((const char *)request)[size - 1 - at];
    *(uint64_t *)user = sequence;
    return zerobuffer_response_set(response, answer, size);
}

static int invert(void *user, void *request, size_t size, uint64_t sequence)
{
    size_t at;

    (void)user;
    for (at = 0; at < size; at++)
        ((char *)request)[at] ^= (char)255;
    return sequence == 3 ? 7 : 0;
}

static int receive(zerobuffer_duplex_client_t *client, const char *bytes, size_t size,
                   uint64_t expected)
{
    zerobuffer_frame_t *frame;
    uint64_t request = 0;

    CHECK(!zerobuffer_duplex_client_receive_response(client, 10000, &frame, &request));
    CHECK(request == expected && zerobuffer_frame_size(frame) == size);
    CHECK(!memcmp(zerobuffer_frame_data(frame), bytes, size));
    CHECK(!zerobuffer_frame_release(frame));
    return 0;
}

static int immutable(const char *channel, zerobuffer_duplex_server_t *server,
                     const zerobuffer_config_t *config)
{
    static char large[65];
    zerobuffer_duplex_client_t *client;
    zerobuffer_frame_t *frame;
    uint64_t seen = 0, sequence = 0;
    void *place;

    CHECK(zerobuffer_duplex_server_is_running(server) == 0);
    CHECK(zerobuffer_duplex_server_start_immutable(server, NULL, NULL, 0) ==
          ZEROBUFFER_ERR_INVALID_ARGUMENT);
    CHECK(!zerobuffer_duplex_server_start_immutable(server, reverse, &seen, 0));
    CHECK(zerobuffer_duplex_server_start_immutable(server, reverse, &seen, 0) ==
          ZEROBUFFER_ERR_INVALID_ARGUMENT);
    CHECK(zerobuffer_duplex_server_is_running(server) == 1);
    CHECK(!zerobuffer_duplex_client_connect(channel, config, 10000, &client));
    CHECK(zerobuffer_duplex_client_is_server_connected(client) == 1);
    CHECK(!zerobuffer_duplex_client_set_metadata(client, "caps", 4));
    CHECK(!zerobuffer_duplex_client_send_request(client, "hello", 5, &sequence) && sequence == 1);
    if (receive(client, "olleh", 5, 1))
        return 1;
    CHECK(seen == 1);
    CHECK(!zerobuffer_duplex_client_acquire_request_buffer(client, 3, &place, &sequence));
    CHECK(sequence == 2);
    CHECK(zerobuffer_duplex_client_send_request(client, "x", 1, NULL) ==
          ZEROBUFFER_ERR_INVALID_ARGUMENT);
    CHECK(!zerobuffer_duplex_client_abandon_request(client));
    CHECK(zerobuffer_duplex_client_commit_request(client) == ZEROBUFFER_ERR_INVALID_ARGUMENT);
    CHECK(!zerobuffer_duplex_client_acquire_request_buffer(client, 3, &place, &sequence));
    memcpy(place, "abc", 3);
    CHECK(!zerobuffer_duplex_client_commit_request(client));
    if (receive(client, "cba", 3, 2))
        return 1;
    CHECK(zerobuffer_duplex_client_receive_response(client, 5, &frame, NULL) ==
          ZEROBUFFER_ERR_TIMEOUT);
    CHECK(zerobuffer_duplex_client_cancel(client, 2) == 0);
    CHECK(zerobuffer_duplex_server_error(server) == ZEROBUFFER_OK);
    /* Now the handler says that it cannot. */
    CHECK(!zerobuffer_duplex_client_send_request(client, large, sizeof(large), NULL));
    CHECK(zerobuffer_duplex_client_receive_response(client, 10000, &frame, NULL) ==
          ZEROBUFFER_ERR_WRITER_DEAD);
    CHECK(!zerobuffer_duplex_server_stop(server));
    CHECK(zerobuffer_duplex_server_is_running(server) == 0);
    CHECK(zerobuffer_duplex_server_error(server) == ZEROBUFFER_ERR_HANDLER);
    CHECK(strstr(zerobuffer_last_error(), "too long for me"));
    CHECK(!zerobuffer_duplex_client_destroy(client));
    return 0;
}

static int mutable(const char *channel, zerobuffer_duplex_server_t *server,
                   const zerobuffer_config_t *config)
{
    zerobuffer_duplex_client_t *client;
    zerobuffer_frame_t *frame;
    uint64_t sequence = 0;

    CHECK(!zerobuffer_duplex_server_start_mutable(server, invert, NULL, 2));
    CHECK(!zerobuffer_duplex_client_connect(channel, config, 10000, &client));
    CHECK(!zerobuffer_duplex_client_send_request(client, "\x01\x02", 2, NULL));
    CHECK(!zerobuffer_duplex_client_send_request(client, "\x00", 1, &sequence));
    CHECK(sequence == 2 && zerobuffer_duplex_client_cancel(client, 2) == 1);
    if (receive(client, "\xfe\xfd", 2, 1))
        return 1;
    CHECK(!zerobuffer_duplex_client_send_request(client, "!", 1, NULL));
    CHECK(zerobuffer_duplex_client_receive_response(client, 10000, &frame, NULL) ==
          ZEROBUFFER_ERR_WRITER_DEAD);
    CHECK(zerobuffer_duplex_server_error(server) == ZEROBUFFER_ERR_HANDLER);
    CHECK(strstr(zerobuffer_last_error(), "it returned 7"));
    CHECK(!zerobuffer_duplex_client_destroy(client));
    return 0;
}

int main(int argc, char **argv)
{
    zerobuffer_config_t config;
    zerobuffer_duplex_server_t *server;

    if (argc != 2 || zerobuffer_config_init(&config))
        return 1;
    config.payload_size = 65536;
    CHECK(!zerobuffer_duplex_server_create(argv[1], &config, &server));
    if (immutable(argv[1], server, &config) || mutable(argv[1], server, &config))
        return 1;
    CHECK(!zerobuffer_duplex_server_destroy(server));
    printf("%d checks\n", checks);
    return 0;
}
