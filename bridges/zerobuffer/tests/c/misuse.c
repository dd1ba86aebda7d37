/* Every wrong handle is an error and harms nothing: misuse NAME. */
#include <string.h>

#include "check.h"

#define REFUSED(call) CHECK((call) == ZEROBUFFER_ERR_INVALID_ARGUMENT && *zerobuffer_last_error())

static int null_channels(void)
{
    zerobuffer_reader_t *reader;
    zerobuffer_writer_t *writer;
    zerobuffer_frame_t *frame;
    void *data;

    REFUSED(zerobuffer_config_init(NULL));
    REFUSED(zerobuffer_reader_create(NULL, NULL, &reader));
    CHECK(reader == NULL);
    REFUSED(zerobuffer_reader_create("name", NULL, NULL));
    REFUSED(zerobuffer_reader_destroy(NULL));
    REFUSED(zerobuffer_reader_is_writer_connected(NULL, 0));
    REFUSED(zerobuffer_reader_get_metadata(NULL, NULL, 0, NULL));
    REFUSED(zerobuffer_reader_read(NULL, 0, &frame));
    REFUSED(zerobuffer_reader_wake(NULL));
    CHECK(zerobuffer_reader_payload_size(NULL) == 0 && zerobuffer_reader_frames_read(NULL) == 0);
    REFUSED(zerobuffer_frame_release(NULL));
    REFUSED(zerobuffer_frame_copy_to(NULL, &data, 1));
    CHECK(zerobuffer_frame_data(NULL) == NULL && zerobuffer_frame_mutable_data(NULL) == NULL);
    CHECK(zerobuffer_frame_size(NULL) == 0 && zerobuffer_frame_sequence(NULL) == 0);
    REFUSED(zerobuffer_writer_connect(NULL, &writer));
    REFUSED(zerobuffer_writer_connect("name", NULL));
    REFUSED(zerobuffer_writer_destroy(NULL));
    REFUSED(zerobuffer_writer_set_metadata(NULL, "m", 1));
    REFUSED(zerobuffer_writer_write(NULL, "d", 1, NULL));
    REFUSED(zerobuffer_writer_buffer(NULL, 1, &data, NULL));
    REFUSED(zerobuffer_writer_commit(NULL, NULL));
    REFUSED(zerobuffer_writer_abandon(NULL));
    REFUSED(zerobuffer_writer_set_write_timeout(NULL, 1));
    REFUSED(zerobuffer_writer_is_reader_connected(NULL));
    CHECK(zerobuffer_writer_max_frame_size(NULL) == 0);
    return 0;
}

static int null_duplex(void)
{
    zerobuffer_duplex_client_t *client;
    zerobuffer_duplex_server_t *server;
    zerobuffer_frame_t *frame;
    void *data;

    REFUSED(zerobuffer_duplex_client_connect(NULL, NULL, 0, &client));
    REFUSED(zerobuffer_duplex_client_destroy(NULL));
    REFUSED(zerobuffer_duplex_client_set_metadata(NULL, "m", 1));
    REFUSED(zerobuffer_duplex_client_send_request(NULL, "r", 1, NULL));
    REFUSED(zerobuffer_duplex_client_acquire_request_buffer(NULL, 1, &data, NULL));
    REFUSED(zerobuffer_duplex_client_commit_request(NULL));
    REFUSED(zerobuffer_duplex_client_abandon_request(NULL));
    REFUSED(zerobuffer_duplex_client_receive_response(NULL, 0, &frame, NULL));
    REFUSED(zerobuffer_duplex_client_cancel(NULL, 1));
    REFUSED(zerobuffer_duplex_client_is_server_connected(NULL));
    REFUSED(zerobuffer_duplex_server_create(NULL, NULL, &server));
    REFUSED(zerobuffer_duplex_server_start_immutable(NULL, NULL, NULL, 0));
    REFUSED(zerobuffer_duplex_server_start_mutable(NULL, NULL, NULL, 0));
    REFUSED(zerobuffer_duplex_server_is_running(NULL));
    REFUSED(zerobuffer_duplex_server_stop(NULL));
    REFUSED(zerobuffer_duplex_server_error(NULL));
    REFUSED(zerobuffer_duplex_server_destroy(NULL));
    REFUSED(zerobuffer_response_set(NULL, "r", 1));
    REFUSED(zerobuffer_handler_error(NULL));
    REFUSED(zerobuffer_inspect(NULL, NULL));
    return 0;
}

static int configs(const char *name)
{
    zerobuffer_config_t config;
    zerobuffer_info_t info = { .struct_size = 4 };
    zerobuffer_reader_t *reader;

    memset(&config, 0, sizeof(config));
    REFUSED(zerobuffer_reader_create(name, &config, &reader));
    CHECK(!zerobuffer_config_init(&config));
    CHECK(config.struct_size == sizeof(config));
    CHECK(config.metadata_size == 4096 && config.payload_size == 256u << 20);
    config.payload_size = 0;
    CHECK(zerobuffer_reader_create(name, &config, &reader) == ZEROBUFFER_ERR_INVALID_CONFIG);
    CHECK(zerobuffer_reader_create("a/b", NULL, &reader) == ZEROBUFFER_ERR_INVALID_NAME);
    CHECK(zerobuffer_reader_create("\xff", NULL, &reader) == ZEROBUFFER_ERR_INVALID_ARGUMENT);
    REFUSED(zerobuffer_inspect(name, &info));
    info.struct_size = sizeof(info);
    CHECK(zerobuffer_inspect(name, &info) == ZEROBUFFER_ERR_BUFFER_NOT_FOUND);
    return 0;
}

static int lives(const char *name)
{
    zerobuffer_config_t config;
    zerobuffer_reader_t *reader;
    zerobuffer_writer_t *writer;
    zerobuffer_frame_t *frame;

    CHECK(!zerobuffer_config_init(&config));
    config.payload_size = 4096;
    CHECK(!zerobuffer_reader_create(name, &config, &reader));
    CHECK(!zerobuffer_writer_connect(name, &writer));
    REFUSED(zerobuffer_reader_destroy((zerobuffer_reader_t *)writer)); /* of another kind */
    REFUSED(zerobuffer_writer_write(writer, NULL, 3, NULL));
    REFUSED(zerobuffer_writer_commit(writer, NULL)); /* nothing is lent */
    REFUSED(zerobuffer_writer_abandon(writer));
    CHECK(!zerobuffer_writer_write(writer, "abc", 3, NULL));
    CHECK(!zerobuffer_reader_read(reader, 0, &frame));
    CHECK(!zerobuffer_frame_release(frame));
    REFUSED(zerobuffer_frame_release(frame));
    CHECK(zerobuffer_frame_data(frame) == NULL && zerobuffer_frame_size(frame) == 0);
    CHECK(!zerobuffer_writer_destroy(writer));
    REFUSED(zerobuffer_writer_destroy(writer));
    REFUSED(zerobuffer_writer_write(writer, "abc", 3, NULL));
    CHECK(!zerobuffer_reader_destroy(reader));
    REFUSED(zerobuffer_reader_destroy(reader));
    REFUSED(zerobuffer_reader_read(reader, 0, &frame));
    CHECK(frame == NULL);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2 || null_channels() || null_duplex() || configs(argv[1]) || lives(argv[1]))
        return 1;
    printf("%d checks\n", checks);
    return 0;
}
