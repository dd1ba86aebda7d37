/* A channel keeps what its header promises: contract NAME. */
#include <string.h>

#include "check.h"

#define PAYLOAD 1024

static int read_bytes(zerobuffer_reader_t *reader, const char *bytes, uint64_t sequence,
                      zerobuffer_frame_t **frame)
{
    char copy[PAYLOAD];

    CHECK(!zerobuffer_reader_read(reader, 0, frame));
    CHECK(zerobuffer_frame_size(*frame) == strlen(bytes));
    CHECK(!memcmp(zerobuffer_frame_data(*frame), bytes, strlen(bytes)));
    CHECK(zerobuffer_frame_sequence(*frame) == sequence);
    CHECK(!zerobuffer_frame_copy_to(*frame, copy, strlen(bytes)));
    CHECK(!memcmp(copy, bytes, strlen(bytes)));
    CHECK(zerobuffer_frame_copy_to(*frame, copy, strlen(bytes) + 1) < 0);
    return 0;
}

static int metadata(zerobuffer_reader_t *reader, zerobuffer_writer_t *writer)
{
    char text[16];
    size_t size = 7;

    CHECK(zerobuffer_reader_get_metadata(reader, text, sizeof(text), &size) ==
          ZEROBUFFER_ERR_NO_METADATA);
    CHECK(size == 0);
    CHECK(!zerobuffer_writer_set_metadata(writer, "caps", 4));
    CHECK(zerobuffer_writer_set_metadata(writer, "caps", 4) ==
          ZEROBUFFER_ERR_METADATA_ALREADY_WRITTEN);
    CHECK(!zerobuffer_reader_get_metadata(reader, NULL, 0, &size) && size == 4);
    CHECK(zerobuffer_reader_get_metadata(reader, text, 3, &size) ==
          ZEROBUFFER_ERR_INVALID_ARGUMENT);
    CHECK(!zerobuffer_reader_get_metadata(reader, text, sizeof(text), NULL));
    CHECK(!memcmp(text, "caps", 4));
    return 0;
}

static int frames(zerobuffer_reader_t *reader, zerobuffer_writer_t *writer)
{
    zerobuffer_frame_t *a, *b, *c;
    uint64_t sequence = 0;
    void *place;

    CHECK(zerobuffer_reader_read(reader, 0, &a) == ZEROBUFFER_ERR_TIMEOUT && a == NULL);
    CHECK(zerobuffer_reader_read(reader, 5, &a) == ZEROBUFFER_ERR_TIMEOUT);
    CHECK(!zerobuffer_writer_write(writer, "first", 5, &sequence) && sequence == 1);
    CHECK(!zerobuffer_writer_buffer(writer, 6, &place, &sequence) && sequence == 2);
    CHECK(zerobuffer_writer_write(writer, "x", 1, NULL) == ZEROBUFFER_ERR_INVALID_ARGUMENT);
    CHECK(zerobuffer_writer_buffer(writer, 1, &place, NULL) == ZEROBUFFER_ERR_INVALID_ARGUMENT);
    CHECK(place == NULL && !zerobuffer_writer_abandon(writer));
    CHECK(!zerobuffer_writer_buffer(writer, 6, &place, NULL));
    memcpy(place, "second", 6);
    CHECK(!zerobuffer_writer_commit(writer, &sequence) && sequence == 2);
    CHECK(!zerobuffer_writer_write(writer, "third", 5, NULL));
    CHECK(zerobuffer_writer_frames_written(writer) == 3);
    CHECK(zerobuffer_writer_bytes_written(writer) == 16);
    if (read_bytes(reader, "first", 1, &a) || read_bytes(reader, "second", 2, &b) ||
        read_bytes(reader, "third", 3, &c))
        return 1;
    CHECK(zerobuffer_reader_frames_read(reader) == 3 && zerobuffer_reader_bytes_read(reader) == 16);
    CHECK(zerobuffer_reader_frames_held(reader) == 3);
    ((char *)zerobuffer_frame_mutable_data(c))[0] = 'T';
    CHECK(!memcmp(zerobuffer_frame_data(c), "Third", 5));
    CHECK(!zerobuffer_frame_release(c) && !zerobuffer_frame_release(a));
    CHECK(!memcmp(zerobuffer_frame_data(b), "second", 6));
    CHECK(!zerobuffer_frame_release(b) && zerobuffer_reader_frames_held(reader) == 0);
    CHECK(!zerobuffer_reader_wake(reader));
    return 0;
}

static int limits(zerobuffer_reader_t *reader, zerobuffer_writer_t *writer)
{
    static char large[PAYLOAD];
    zerobuffer_frame_t *held[2];
    int full = 0;

    CHECK(zerobuffer_writer_write(writer, large, 0, NULL) == ZEROBUFFER_ERR_INVALID_FRAME_SIZE);
    CHECK(zerobuffer_writer_write(writer, large, PAYLOAD - 15, NULL) ==
          ZEROBUFFER_ERR_FRAME_TOO_LARGE);
    CHECK(zerobuffer_writer_max_frame_size(writer) == PAYLOAD - 16);
    CHECK(!zerobuffer_writer_set_write_timeout(writer, 5));
    while (!full) {
        const int code = zerobuffer_writer_write(writer, large, 112, NULL);
        CHECK(code == 0 || code == ZEROBUFFER_ERR_BUFFER_FULL);
        full = code != 0;
    }
    CHECK(!zerobuffer_reader_read(reader, 0, &held[0]));
    CHECK(!zerobuffer_reader_read(reader, 0, &held[1]));
    CHECK(!zerobuffer_frame_release(held[1]));
    /* Space comes back from the oldest frame on. */
    CHECK(zerobuffer_writer_write(writer, large, 112, NULL) == ZEROBUFFER_ERR_BUFFER_FULL);
    CHECK(!zerobuffer_frame_release(held[0]));
    CHECK(!zerobuffer_writer_set_write_timeout(writer, -1));
    CHECK(!zerobuffer_writer_write(writer, large, 112, NULL));
    return 0;
}

static void count(void *user, const char *name)
{
    const char **wanted = user;
    if (!strcmp(name, wanted[0]))
        wanted[1] = "found";
}

static int looks(const char *name, zerobuffer_reader_t *reader)
{
    const char *wanted[2] = { name, NULL };
    zerobuffer_reader_t *second;
    zerobuffer_writer_t *other;
    zerobuffer_info_t info = { .struct_size = sizeof(info) };

    CHECK(zerobuffer_reader_create(name, NULL, &second) == ZEROBUFFER_ERR_READER_ALREADY_CONNECTED);
    CHECK(zerobuffer_writer_connect(name, &other) == ZEROBUFFER_ERR_WRITER_ALREADY_CONNECTED);
    CHECK(!zerobuffer_inspect(name, &info));
    CHECK(info.payload_size == PAYLOAD && info.metadata_size == 64 && info.metadata_written == 12);
    CHECK(info.reader_alive && info.writer_alive && !info.stale);
    CHECK(info.writer_pid == zerobuffer_reader_writer_pid(reader));
    CHECK(!zerobuffer_list(count, wanted) && wanted[1] != NULL);
    CHECK(!zerobuffer_remove_stale(1, NULL, NULL));
    return 0;
}

static int ends(const char *name, zerobuffer_reader_t *reader, zerobuffer_writer_t *writer)
{
    zerobuffer_frame_t *frame, *kept = NULL;
    int code, read = 0;

    CHECK(zerobuffer_reader_is_writer_connected(reader, -1) == 1);
    CHECK(zerobuffer_writer_is_reader_connected(writer) == 1);
    CHECK(!zerobuffer_writer_destroy(writer));
    while (!(code = zerobuffer_reader_read(reader, -1, &frame))) {
        read++;
        CHECK(zerobuffer_frame_size(frame) == 112);
        if (kept == NULL)
            kept = frame;
        else
            CHECK(!zerobuffer_frame_release(frame));
    }
    CHECK(code == ZEROBUFFER_ERR_WRITER_DEAD && read > 3);
    CHECK(zerobuffer_reader_is_writer_connected(reader, 0) == 0);
    CHECK(!zerobuffer_writer_connect(name, &writer));
    CHECK(!zerobuffer_reader_destroy(reader));
    CHECK(zerobuffer_writer_write(writer, "x", 1, NULL) == ZEROBUFFER_ERR_READER_DEAD);
    CHECK(zerobuffer_writer_is_reader_connected(writer) == 0);
    CHECK(!zerobuffer_writer_destroy(writer));
    /* A frame outlives its reader. */
    CHECK(((const char *)zerobuffer_frame_data(kept))[111] == 0);
    CHECK(!zerobuffer_frame_release(kept));
    CHECK(zerobuffer_writer_connect(name, &writer) == ZEROBUFFER_ERR_BUFFER_NOT_FOUND);
    return 0;
}

int main(int argc, char **argv)
{
    zerobuffer_config_t config;
    zerobuffer_reader_t *reader;
    zerobuffer_writer_t *writer;

    if (argc != 2 || zerobuffer_config_init(&config))
        return 1;
    config.metadata_size = 64;
    config.payload_size = PAYLOAD;
    CHECK(!zerobuffer_reader_create(argv[1], &config, &reader));
    CHECK(zerobuffer_reader_is_writer_connected(reader, 0) == 0);
    CHECK(!zerobuffer_writer_connect(argv[1], &writer));
    if (metadata(reader, writer) || frames(reader, writer) || limits(reader, writer) ||
        looks(argv[1], reader) || ends(argv[1], reader, writer))
        return 1;
    printf("contract kept\n");
    return 0;
}
