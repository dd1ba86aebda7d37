/*
 * ZeroBuffer: a channel of frames between two processes, read and written in place. A reader
 * creates a buffer, a writer connects to it. For C++20, zerobuffer.hpp is included at the end,
 * unless ZEROBUFFER_C_ONLY is defined.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Results    Functions that return int return ZEROBUFFER_OK, which is 0, or a negative
 *            zerobuffer_error_t, unless they say something else. zerobuffer_last_error() has
 *            the sentence that goes with it.
 * Time-outs  are in milliseconds: 0 only looks, a negative one waits for ever.
 * Handles    are keys and never dereferenced. One that is NULL, was released or destroyed, or
 *            is of another kind gives ZEROBUFFER_ERR_INVALID_ARGUMENT.
 * Threads    A reader or writer may move between threads, and is used by one at a time; a
 *            second one gets ZEROBUFFER_ERR_INVALID_ARGUMENT and does not wait. Frames and
 *            duplex channels may be used by any number of threads.
 *
 * Made by cbindgen from bridges/zerobuffer/src/capi; do not edit.
 */


#ifndef ZEROBUFFER_H
#define ZEROBUFFER_H

#include <stddef.h>
#include <stdint.h>

/**
 * Why a function failed. ZEROBUFFER_OK is 0, and every error is negative.
 *
 * The numbers never change. zerobuffer_strerror() has a sentence for each, and
 * zerobuffer_last_error() says more: what happened, to what, and what to do.
 */
typedef enum {
    /** No error. */
    ZEROBUFFER_OK = 0,
    /**
     * An argument is outside of its documented range; a handle is NULL, was released or
     * destroyed, is of another kind, or is used by two threads at once.
     */
    ZEROBUFFER_ERR_INVALID_ARGUMENT = -1,
    /** A name that no buffer can have. */
    ZEROBUFFER_ERR_INVALID_NAME = -2,
    /** Sizes that no buffer can have. */
    ZEROBUFFER_ERR_INVALID_CONFIG = -3,
    /** There is no buffer of this name; its reader creates it. */
    ZEROBUFFER_ERR_BUFFER_NOT_FOUND = -4,
    /** The buffer is being made, and did not become ready in time. */
    ZEROBUFFER_ERR_NOT_READY = -5,
    /** The buffer has a live writer. */
    ZEROBUFFER_ERR_WRITER_ALREADY_CONNECTED = -6,
    /** The buffer has a live reader. */
    ZEROBUFFER_ERR_READER_ALREADY_CONNECTED = -7,
    /** No space was given back in time. */
    ZEROBUFFER_ERR_BUFFER_FULL = -8,
    /** The reader is gone. */
    ZEROBUFFER_ERR_READER_DEAD = -9,
    /** The writer is gone, and everything that it wrote was read. */
    ZEROBUFFER_ERR_WRITER_DEAD = -10,
    /** A frame that fits no empty buffer. */
    ZEROBUFFER_ERR_FRAME_TOO_LARGE = -11,
    /** A frame that would leave a rest in the buffer that no header fits into. */
    ZEROBUFFER_ERR_FRAME_UNPLACEABLE = -12,
    /** A frame without data. */
    ZEROBUFFER_ERR_INVALID_FRAME_SIZE = -13,
    /** More frames are held than can be kept account of. */
    ZEROBUFFER_ERR_TOO_MANY_FRAMES_HELD = -14,
    /** Metadata is written once in a buffer's life. */
    ZEROBUFFER_ERR_METADATA_ALREADY_WRITTEN = -15,
    /** Metadata that does not fit. */
    ZEROBUFFER_ERR_METADATA_TOO_LARGE = -16,
    /** A frame is missing, or a writer counts otherwise. */
    ZEROBUFFER_ERR_SEQUENCE_GAP = -17,
    /** Something in the shared memory that cannot be. */
    ZEROBUFFER_ERR_CORRUPT = -18,
    /** A buffer of a version that this library does not speak. */
    ZEROBUFFER_ERR_VERSION = -19,
    /** No memory for the buffer. */
    ZEROBUFFER_ERR_NO_SPACE = -20,
    /** The system refused something, or the library itself failed. */
    ZEROBUFFER_ERR_SYSTEM = -21,
    /** The time allowed by the caller is over. */
    ZEROBUFFER_ERR_TIMEOUT = -22,
    /** There is no metadata yet. */
    ZEROBUFFER_ERR_NO_METADATA = -23,
    /** A handler of a duplex server failed, or it has none. */
    ZEROBUFFER_ERR_HANDLER = -24,
} zerobuffer_error_t;

/**
 * The client of a duplex channel: sends requests and receives responses. One thread may send
 * while another receives.
 */
typedef struct zerobuffer_duplex_client_t zerobuffer_duplex_client_t;

/** The server of a duplex channel, which calls a handler for each request. */
typedef struct zerobuffer_duplex_server_t zerobuffer_duplex_server_t;

/** A frame, read in place. Until it is released its space is not written again. */
typedef struct zerobuffer_frame_t zerobuffer_frame_t;

/** Makes a buffer and reads from it. */
typedef struct zerobuffer_reader_t zerobuffer_reader_t;

/** The response that a handler gives; valid until it returns. */
typedef struct zerobuffer_response_t zerobuffer_response_t;

/** Connects to a buffer and writes to it. */
typedef struct zerobuffer_writer_t zerobuffer_writer_t;

/** How a reader makes its buffer. zerobuffer_config_init() fills it in. */
typedef struct {
    /** sizeof(zerobuffer_config_t), which tells releases from each other. */
    uint32_t struct_size;
    /**
     * Permissions of the files; 0 for 0666 without the bits of the umask, as other
     * implementations have it.
     */
    uint32_t mode;
    /** Bytes of the metadata block, rounded up to 64; may be 0. */
    uint64_t metadata_size;
    /** Bytes of the payload block, rounded up to 64; a frame takes 16 more than its data. */
    uint64_t payload_size;
    /** Not 0: touch all pages at once, so that the first lap is as fast as the others. */
    uint32_t prefault;
    /**
     * Not 0: numbers of frames are told and not checked, for responses that carry the numbers
     * of their requests.
     */
    uint32_t any_sequence;
} zerobuffer_config_t;

/**
 * Answers a request with new bytes: zerobuffer_response_set().
 *
 * user: as it was given. request: size bytes, valid until the handler returns. sequence: the
 * number of the request. Return 0, or anything else if there is no answer, which ends the
 * server; zerobuffer_handler_error() says why. A C++ exception or longjmp must not leave it:
 * that ends the program.
 */
typedef int (*zerobuffer_immutable_handler_t)(void *user,
                                              const void *request,
                                              size_t size,
                                              uint64_t sequence,
                                              zerobuffer_response_t *response);

/**
 * Changes a request where it lies; what it makes of it is the response, of the same size.
 *
 * Arguments and result as those of zerobuffer_immutable_handler_t.
 */
typedef int (*zerobuffer_mutable_handler_t)(void *user,
                                            void *request,
                                            size_t size,
                                            uint64_t sequence);

/** What can be seen of a buffer from outside. */
typedef struct {
    /** sizeof(zerobuffer_info_t), which tells releases from each other. */
    uint32_t struct_size;
    /** Not 0: nobody has it any more. */
    uint32_t stale;
    /** Bytes of the metadata block. */
    uint64_t metadata_size;
    /** Bytes that are written of it, 8 of which are their count; 0 for none. */
    uint64_t metadata_written;
    /** Bytes of the payload block. */
    uint64_t payload_size;
    /** Bytes of it that are free. */
    uint64_t payload_free;
    /** Frames and wrap markers that were written. */
    uint64_t written_count;
    /** Frames and wrap markers that were read. */
    uint64_t read_count;
    /** Process of the writer, 0 for none. */
    uint64_t writer_pid;
    /** Process of the reader, 0 for none. */
    uint64_t reader_pid;
    /** Not 0: it is alive. */
    uint32_t writer_alive;
    /** Not 0: it is alive. */
    uint32_t reader_alive;
} zerobuffer_info_t;

/**
 * Gets a name, or a file, once for each. Both are valid until it returns. A C++ exception or
 * longjmp must not leave it: that ends the program.
 */
typedef void (*zerobuffer_name_callback_t)(void *user, const char *name);

#ifdef __cplusplus
extern "C" {
#endif /* __cplusplus */

/**
 * The sentence of the last failure in this thread: what happened, to what, what to do.
 *
 * Functions that succeed leave it alone. Returns: a string that is valid until the next call
 * of this library in the same thread; "no error" if nothing has failed yet. Never NULL.
 */
const char *zerobuffer_last_error(void);

/**
 * A sentence for an error number, for people.
 *
 * code: what a function returned. Returns: a static string, never NULL.
 */
const char *zerobuffer_strerror(int code);

/** The version of this library as a static string such as "0.1.0". */
const char *zerobuffer_version_string(void);

/** Fills in the defaults: 4096 bytes of metadata and 256 MiB of payload. */
int zerobuffer_config_init(zerobuffer_config_t *config);

/**
 * Address of the first byte, for reading; valid until the frame is released.
 *
 * It lies in memory that the writer's process can write to, and is not aligned.
 * Returns: NULL if there is no such frame.
 */
const void *zerobuffer_frame_data(zerobuffer_frame_t *frame);

/**
 * Address of the first byte, for changing a frame where it lies.
 *
 * Returns: NULL if there is no such frame.
 */
void *zerobuffer_frame_mutable_data(zerobuffer_frame_t *frame);

/** Bytes of a frame; 0 if there is no such frame. */
size_t zerobuffer_frame_size(zerobuffer_frame_t *frame);

/** The number that its writer gave it, from 1 on; 0 if there is no such frame. */
uint64_t zerobuffer_frame_sequence(zerobuffer_frame_t *frame);

/**
 * Copies a frame out of the buffer, whatever its writer does meanwhile.
 *
 * dst: size bytes. Errors: INVALID_ARGUMENT: size is not that of the frame.
 */
int zerobuffer_frame_copy_to(zerobuffer_frame_t *frame, void *dst, size_t size);

/** Gives a frame back. In any order, by any thread, also after its reader was destroyed. */
int zerobuffer_frame_release(zerobuffer_frame_t *frame);

/**
 * Makes a buffer.
 *
 * name: of the buffer. config: NULL for the defaults. out: the new reader, NULL on failure; end
 * it with zerobuffer_reader_destroy().
 * Errors: READER_ALREADY_CONNECTED, INVALID_NAME, INVALID_CONFIG, NO_SPACE, SYSTEM.
 */
int zerobuffer_reader_create(const char *name,
                             const zerobuffer_config_t *config,
                             zerobuffer_reader_t **out);

/**
 * Ends a reader and removes its buffer. Frames that are held stay valid until they are
 * released.
 */
int zerobuffer_reader_destroy(zerobuffer_reader_t *reader);

/**
 * Waits until a writer is connected, at most so long; 0 only looks.
 *
 * timeout_ms: a negative one waits for ever. Returns: 1 if there is one, 0 if there is none, or
 * an error.
 */
int zerobuffer_reader_is_writer_connected(zerobuffer_reader_t *reader, int32_t timeout_ms);

/**
 * Copies the metadata that the writer has written.
 *
 * dst: size bytes, of which no more than there are of metadata are written; may be NULL if size
 * is 0. out_size: how many bytes of metadata there are, also if they do not fit; may be NULL.
 * Errors: NO_METADATA: not written yet. INVALID_ARGUMENT: it does not fit, and nothing was
 * copied, unless size is 0.
 */
int zerobuffer_reader_get_metadata(zerobuffer_reader_t *reader,
                                   void *dst,
                                   size_t size,
                                   size_t *out_size);

/**
 * The next frame, in place.
 *
 * timeout_ms: how long to wait for it; 0 only looks, a negative one waits for ever. out: the
 * frame, NULL on failure; give it back with zerobuffer_frame_release().
 * Errors: TIMEOUT: none came, or zerobuffer_reader_wake() was called. WRITER_DEAD: the writer
 * is gone, and all its frames are read. SEQUENCE_GAP, CORRUPT, TOO_MANY_FRAMES_HELD.
 */
int zerobuffer_reader_read(zerobuffer_reader_t *reader,
                           int32_t timeout_ms,
                           zerobuffer_frame_t **out);

/** Ends the wait of another thread in zerobuffer_reader_read(), which returns TIMEOUT. */
int zerobuffer_reader_wake(zerobuffer_reader_t *reader);

/** Bytes of the metadata block; 0 if there is no such reader. */
uint64_t zerobuffer_reader_metadata_size(zerobuffer_reader_t *reader);

/** Bytes of the payload block; 0 if there is no such reader. */
uint64_t zerobuffer_reader_payload_size(zerobuffer_reader_t *reader);

/** Frames that were read so far; 0 if there is no such reader. */
uint64_t zerobuffer_reader_frames_read(zerobuffer_reader_t *reader);

/** Bytes of those. */
uint64_t zerobuffer_reader_bytes_read(zerobuffer_reader_t *reader);

/** Frames that are held and not given back yet. */
uint64_t zerobuffer_reader_frames_held(zerobuffer_reader_t *reader);

/** The process of the writer, 0 if there is none. */
uint64_t zerobuffer_reader_writer_pid(zerobuffer_reader_t *reader);

/**
 * Connects to the buffer of this name, which its reader has created.
 *
 * out: the new writer, NULL on failure; end it with zerobuffer_writer_destroy().
 * Errors: BUFFER_NOT_FOUND, NOT_READY, WRITER_ALREADY_CONNECTED, READER_DEAD, VERSION, CORRUPT.
 */
int zerobuffer_writer_connect(const char *name, zerobuffer_writer_t **out);

/** Ends a writer. Space that is lent is given up; frames that were written can still be read. */
int zerobuffer_writer_destroy(zerobuffer_writer_t *writer);

/**
 * Writes the metadata; once in a buffer's life.
 *
 * Errors: METADATA_ALREADY_WRITTEN, METADATA_TOO_LARGE, READER_DEAD.
 */
int zerobuffer_writer_set_metadata(zerobuffer_writer_t *writer, const void *data, size_t size);

/**
 * Writes a copy of a frame, and waits for space as long as the write time-out says.
 *
 * out_sequence: its number; may be NULL.
 * Errors: BUFFER_FULL, READER_DEAD, FRAME_TOO_LARGE, FRAME_UNPLACEABLE, INVALID_FRAME_SIZE.
 */
int zerobuffer_writer_write(zerobuffer_writer_t *writer,
                            const void *data,
                            size_t size,
                            uint64_t *out_sequence);

/**
 * Lends space in the ring, to make a frame where its reader will see it.
 *
 * out_data: size bytes, which are not aligned and hold whatever was there before. They are
 * lent until zerobuffer_writer_commit() or zerobuffer_writer_abandon(), and everything else
 * about this writer is INVALID_ARGUMENT until then. out_sequence: the number of the frame; may
 * be NULL. Errors: as zerobuffer_writer_write().
 */
int zerobuffer_writer_buffer(zerobuffer_writer_t *writer,
                             size_t size,
                             void **out_data,
                             uint64_t *out_sequence);

/**
 * Writes the frame that was made in the lent space.
 *
 * out_sequence: its number; may be NULL.
 */
int zerobuffer_writer_commit(zerobuffer_writer_t *writer, uint64_t *out_sequence);

/** Gives the lent space up; nothing is written. */
int zerobuffer_writer_abandon(zerobuffer_writer_t *writer);

/**
 * How long a write waits for space, in milliseconds; 5000 if it is not set. A negative one
 * waits for ever.
 */
int zerobuffer_writer_set_write_timeout(zerobuffer_writer_t *writer, int32_t timeout_ms);

/** Whether the reader is there. Returns: 1 or 0, or an error. */
int zerobuffer_writer_is_reader_connected(zerobuffer_writer_t *writer);

/** Bytes of the largest frame that this buffer can take; 0 if there is no such writer. */
uint64_t zerobuffer_writer_max_frame_size(zerobuffer_writer_t *writer);

/** Bytes of the metadata block; 0 if there is no such writer. */
uint64_t zerobuffer_writer_metadata_size(zerobuffer_writer_t *writer);

/** Bytes of the payload block; 0 if there is no such writer. */
uint64_t zerobuffer_writer_payload_size(zerobuffer_writer_t *writer);

/** Frames that this writer has written; 0 if there is no such writer. */
uint64_t zerobuffer_writer_frames_written(zerobuffer_writer_t *writer);

/** Bytes of those. */
uint64_t zerobuffer_writer_bytes_written(zerobuffer_writer_t *writer);

/** The process of the reader, 0 if there is none. */
uint64_t zerobuffer_writer_reader_pid(zerobuffer_writer_t *writer);

/**
 * Connects to a channel, whose server is waited for.
 *
 * config: of the response buffer, which is created; NULL for the defaults. timeout_ms: how long
 * to wait for the server. out: the new client, NULL on failure; end it with
 * zerobuffer_duplex_client_destroy().
 * Errors: BUFFER_NOT_FOUND, READER_DEAD: no server. NOT_READY: it serves another client.
 * WRITER_ALREADY_CONNECTED: the channel has a client.
 */
int zerobuffer_duplex_client_connect(const char *channel,
                                     const zerobuffer_config_t *config,
                                     int32_t timeout_ms,
                                     zerobuffer_duplex_client_t **out);

/** Ends a client. Responses that are held stay valid until they are released. */
int zerobuffer_duplex_client_destroy(zerobuffer_duplex_client_t *client);

/** Says what the requests are, once in the life of their buffer. */
int zerobuffer_duplex_client_set_metadata(zerobuffer_duplex_client_t *client,
                                          const void *data,
                                          size_t size);

/**
 * Sends a copy of a request.
 *
 * out_sequence: its number, which the response will have; may be NULL.
 * Errors: as zerobuffer_writer_write(); READER_DEAD: the server is gone.
 */
int zerobuffer_duplex_client_send_request(zerobuffer_duplex_client_t *client,
                                          const void *data,
                                          size_t size,
                                          uint64_t *out_sequence);

/**
 * Lends space in the ring for a request, to be made there.
 *
 * out_data: size bytes, lent until zerobuffer_duplex_client_commit_request() or
 * zerobuffer_duplex_client_abandon_request(); until then everything else that sends is
 * INVALID_ARGUMENT. out_sequence: the number of the request; may be NULL.
 */
int zerobuffer_duplex_client_acquire_request_buffer(zerobuffer_duplex_client_t *client,
                                                    size_t size,
                                                    void **out_data,
                                                    uint64_t *out_sequence);

/** Sends the request that was made in the lent space. */
int zerobuffer_duplex_client_commit_request(zerobuffer_duplex_client_t *client);

/** Gives the lent space up; nothing is sent. */
int zerobuffer_duplex_client_abandon_request(zerobuffer_duplex_client_t *client);

/**
 * The next response, in the order of the requests, in place.
 *
 * out: the response, NULL on failure; give it back with zerobuffer_frame_release().
 * out_request: the number of the request that it answers; may be NULL.
 * Errors: TIMEOUT: none came. WRITER_DEAD: the server is gone, and all its responses are
 * received.
 */
int zerobuffer_duplex_client_receive_response(zerobuffer_duplex_client_t *client,
                                              int32_t timeout_ms,
                                              zerobuffer_frame_t **out,
                                              uint64_t *out_request);

/**
 * Nobody waits for the response to this request any more: it is dropped when it comes.
 *
 * Returns: 1, or 0 if no such response is awaited, or an error.
 */
int zerobuffer_duplex_client_cancel(zerobuffer_duplex_client_t *client, uint64_t request);

/** Whether the server is there. Returns: 1 or 0, or an error. */
int zerobuffer_duplex_client_is_server_connected(zerobuffer_duplex_client_t *client);

/** Gives the bytes of a response; they are copied. The last ones given are sent. */
int zerobuffer_response_set(zerobuffer_response_t *response, const void *data, size_t size);

/** Says, in a handler that is about to return something else than 0, why it does. */
int zerobuffer_handler_error(const char *sentence);

/**
 * Describes the server of a channel; nothing exists before it is started.
 *
 * config: of the request buffer; NULL for the defaults. out: the new server, NULL on failure;
 * end it with zerobuffer_duplex_server_destroy().
 */
int zerobuffer_duplex_server_create(const char *channel,
                                    const zerobuffer_config_t *config,
                                    zerobuffer_duplex_server_t **out);

/**
 * Serves from now on: the handler answers requests with new bytes. When this returns, clients
 * can connect.
 *
 * threads: 0 calls the handler for one request after the other, more calls it from so many
 * threads; responses keep the order of the requests.
 * Errors: READER_ALREADY_CONNECTED: the channel has a server. INVALID_ARGUMENT: it runs.
 */
int zerobuffer_duplex_server_start_immutable(zerobuffer_duplex_server_t *server,
                                             zerobuffer_immutable_handler_t handler,
                                             void *user,
                                             uint32_t threads);

/**
 * Serves from now on: the handler changes requests in place, and what it makes of them is the
 * response. Otherwise as zerobuffer_duplex_server_start_immutable().
 */
int zerobuffer_duplex_server_start_mutable(zerobuffer_duplex_server_t *server,
                                           zerobuffer_mutable_handler_t handler,
                                           void *user,
                                           uint32_t threads);

/** Whether it serves, or waits for a client. Returns: 1 or 0, or an error. */
int zerobuffer_duplex_server_is_running(zerobuffer_duplex_server_t *server);

/** Stops a server, and waits until it has ended; in a handler it only asks for the end. */
int zerobuffer_duplex_server_stop(zerobuffer_duplex_server_t *server);

/**
 * The last error of a server since it was started, whether it ended it or not.
 *
 * Returns: ZEROBUFFER_OK if there was none, HANDLER for one of its handler, or that of its
 * buffers; zerobuffer_last_error() has the sentence.
 */
int zerobuffer_duplex_server_error(zerobuffer_duplex_server_t *server);

/** Stops a server and ends it. */
int zerobuffer_duplex_server_destroy(zerobuffer_duplex_server_t *server);

/**
 * Looks at a buffer and changes nothing.
 *
 * out: set out->struct_size before. Errors: BUFFER_NOT_FOUND, NOT_READY, VERSION, CORRUPT.
 */
int zerobuffer_inspect(const char *name, zerobuffer_info_t *out);

/** Tells the names of the buffers of this machine. */
int zerobuffer_list(zerobuffer_name_callback_t callback, void *user);

/**
 * Removes what readers and writers that died have left behind.
 *
 * dry_run: not 0 to remove nothing. callback: gets each file; may be NULL.
 */
int zerobuffer_remove_stale(int dry_run, zerobuffer_name_callback_t callback, void *user);

#ifdef __cplusplus
} /* extern "C" */
#endif /* __cplusplus */

#endif  /* ZEROBUFFER_H */

#if defined(__cplusplus) && __cplusplus >= 202002L && !defined(ZEROBUFFER_C_ONLY)
#include <zerobuffer/zerobuffer.hpp>
#endif
