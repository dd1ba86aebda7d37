/*
 * cuframes: one decode, many readers. A publisher puts video frames into a ring of shared
 * memory, and any number of subscribers in other processes read them in place.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Results    Functions that return int return CUFRAMES_OK, which is 0, or a negative
 *            cuframes_error_t. cuframes_last_error() has the sentence that goes with it.
 * Time-outs  are in milliseconds: 0 polls and gives CUFRAMES_ERR_WOULD_BLOCK, a negative one
 *            waits for ever, and when one has elapsed it is CUFRAMES_ERR_TIMEOUT.
 * Handles    are keys and never dereferenced. One that is NULL, was released or destroyed,
 *            or is of another kind gives CUFRAMES_ERR_INVALID_ARGUMENT.
 * Threads    A publisher or subscriber may move between threads, and is used by one at a
 *            time; a second one gets CUFRAMES_ERR_INVALID_ARGUMENT and does not wait. Frames
 *            and slots may be used and released by any thread.
 * Structs    begin with struct_size: sizeof the struct, or 0 for its size in the first
 *            release. Set the rest to zero before filling it in. A field that this library
 *            is too old for is CUFRAMES_ERR_UNSUPPORTED unless it is zero.
 * Streams    Where a function takes a stream it is a CUstream for frames on a GPU, NULL the
 *            default stream. For frames in host memory it is NULL.
 *
 * Made by cbindgen from libcuframes/src/capi; do not edit.
 */


#ifndef CUFRAMES_H
#define CUFRAMES_H

#include <stddef.h>
#include <stdint.h>

/** A presentation time that is not known. */
#define CUFRAMES_NO_PTS INT64_MIN

/**
 * Why a function failed. CUFRAMES_OK is 0, and every error is negative.
 *
 * The numbers never change. cuframes_strerror() has a sentence for each, and
 * cuframes_last_error() says more: what happened, to what, and what to do.
 */
typedef enum {
    /** No error. */
    CUFRAMES_OK = 0,
    /**
     * An argument is outside of its documented range; a handle is NULL, was released or
     * destroyed, is of another kind, or is used by two threads at once.
     */
    CUFRAMES_ERR_INVALID_ARGUMENT = -1,
    /** No publisher serves this key. */
    CUFRAMES_ERR_NOT_FOUND = -2,
    /** The key or the consumer name is in use by somebody alive. */
    CUFRAMES_ERR_ALREADY_EXISTS = -3,
    /** The time allowed by the caller is over. */
    CUFRAMES_ERR_TIMEOUT = -4,
    /** The other process is gone. */
    CUFRAMES_ERR_DISCONNECTED = -5,
    /** The other process broke the protocol or speaks another version. */
    CUFRAMES_ERR_PROTOCOL = -6,
    /** A call into the CUDA driver failed. */
    CUFRAMES_ERR_CUDA = -7,
    /** Memory, or space in /dev/shm, ran out. */
    CUFRAMES_ERR_NO_MEMORY = -8,
    /** The user is not allowed to do this. */
    CUFRAMES_ERR_PERMISSION = -9,
    /** A system call failed, or the library itself did. */
    CUFRAMES_ERR_SYSTEM = -10,
    /** There is nothing yet and the caller did not want to wait, or no slot is free. */
    CUFRAMES_ERR_WOULD_BLOCK = -11,
    /** The publisher took this subscriber's frames away; what was read of them may be torn. */
    CUFRAMES_ERR_EVICTED = -12,
    /** A valid request that this library or this publisher cannot serve. */
    CUFRAMES_ERR_UNSUPPORTED = -13,
    /** The publisher serves as many subscribers as it may. */
    CUFRAMES_ERR_TOO_MANY_SUBSCRIBERS = -14,
    /** The stream changed its shape. */
    CUFRAMES_ERR_RECONFIGURED = -15,
    /** The publisher ended the stream: there will be no further frame. */
    CUFRAMES_ERR_END_OF_STREAM = -16,
    /** The frame's GPU work will never complete. */
    CUFRAMES_ERR_ABORTED = -17,
    /** The packet is larger than the packet ring accepts. */
    CUFRAMES_ERR_PACKET_OVERSIZED = -20,
    /** The publisher has no packet ring. */
    CUFRAMES_ERR_NO_PACKET_RING = -21,
    /** The codec parameters are not known yet. */
    CUFRAMES_ERR_NO_CODEC_PARAMS = -22,
    /** The packet ring went round before the reader came. */
    CUFRAMES_ERR_PACKET_OVERRUN = -23,
} cuframes_error_t;

/**
 * Pixel formats. The values are DRM fourccs (drm_fourcc.h), whose names read an RGB pixel
 * as one little-endian word: RG24 has the bytes B, G, R.
 */
typedef enum {
    /** 4:2:0, 8 bit: a plane of Y, a plane of U and V in turn. FFmpeg's nv12. */
    CUFRAMES_FORMAT_NV12 = 842094158,
    /** 4:2:0, 10 bit in the high bits of 16: Y, then U and V in turn. FFmpeg's p010le. */
    CUFRAMES_FORMAT_P010 = 808530000,
    /** 4:2:0, 8 bit: planes of Y, U and V. FFmpeg's yuv420p. */
    CUFRAMES_FORMAT_YU12 = 842093913,
    /** 4:2:2, 8 bit: bytes Y U Y V. FFmpeg's yuyv422. */
    CUFRAMES_FORMAT_YUYV = 1448695129,
    /** 4:2:2, 8 bit: bytes U Y V Y. FFmpeg's uyvy422. */
    CUFRAMES_FORMAT_UYVY = 1498831189,
    /** Bytes B, G, R. FFmpeg's bgr24. */
    CUFRAMES_FORMAT_RG24 = 875710290,
    /** Bytes R, G, B. FFmpeg's rgb24. */
    CUFRAMES_FORMAT_BG24 = 875710274,
    /** Bytes B, G, R, A. FFmpeg's bgra. */
    CUFRAMES_FORMAT_AR24 = 875713089,
    /** Bytes R, G, B, A. FFmpeg's rgba. */
    CUFRAMES_FORMAT_AB24 = 875708993,
    /** Bytes B, G, R and one unused. FFmpeg's bgr0. */
    CUFRAMES_FORMAT_XR24 = 875713112,
    /** Bytes R, G, B and one unused. FFmpeg's rgb0. */
    CUFRAMES_FORMAT_XB24 = 875709016,
    /** One byte of grey. FFmpeg's gray. */
    CUFRAMES_FORMAT_R8 = 538982482,
} cuframes_format_t;

/** What happens to a frame when every slot is in use. */
typedef enum {
    /** It is dropped and counted; nobody slows the publisher down. */
    CUFRAMES_POLICY_DROP_OLDEST = 0,
    /** Subscribers that may miss nothing are waited for, up to strict_timeout_ms. */
    CUFRAMES_POLICY_STRICT_WAIT = 1,
} cuframes_policy_t;

/** Whose memory the frames are in. */
typedef enum {
    /** The library's. */
    CUFRAMES_OWNERSHIP_LIBRARY = 0,
    /** The caller's own buffers on a GPU, shared by CUDA IPC: external_buffers. */
    CUFRAMES_OWNERSHIP_EXTERNAL = 1,
} cuframes_ownership_t;

/** Which frames a subscriber gets when it is slower than the publisher. */
typedef enum {
    /** Always the newest. */
    CUFRAMES_MODE_NEWEST_ONLY = 1,
    /** Every frame in its order, as long as the publisher's ring still has it. */
    CUFRAMES_MODE_STRICT_ORDER = 2,
} cuframes_mode_t;

/** Where frames live. */
typedef enum {
    /** In host memory. */
    CUFRAMES_MEMORY_HOST = 0,
    /** On the GPU in the best way that works here; in host memory if none does. */
    CUFRAMES_MEMORY_AUTO = 1,
    /** On the GPU, shared by CUDA IPC handles. */
    CUFRAMES_MEMORY_CUDA_IPC = 2,
    /** On the GPU, shared by descriptors. */
    CUFRAMES_MEMORY_CUDA_VMM = 3,
} cuframes_memory_t;

/** What tells subscribers that a frame on a GPU is complete. */
typedef enum {
    /** The best that works here. */
    CUFRAMES_SYNC_AUTO = 0,
    /** They see it only when it is. */
    CUFRAMES_SYNC_CPU = 1,
    /** Interprocess events. */
    CUFRAMES_SYNC_EVENT = 2,
    /** Words in shared memory that streams write and wait for. */
    CUFRAMES_SYNC_TIMELINE = 3,
} cuframes_sync_t;

/** Which frames on GPUs a subscriber takes. */
typedef enum {
    /** None, only those in host memory; the CUDA driver is not loaded. */
    CUFRAMES_CUDA_NONE = 0,
    /** Those on any GPU too, in its primary context. */
    CUFRAMES_CUDA_ANY = 1,
    /** Those on cuda_device, in its primary context. */
    CUFRAMES_CUDA_DEVICE = 2,
    /** Those on the GPU of cuda_context. */
    CUFRAMES_CUDA_CONTEXT = 3,
} cuframes_cuda_t;

/** Something that happened to a subscription. */
typedef enum {
    /** The publisher is gone without an end of stream. */
    CUFRAMES_EVENT_DISCONNECTED = 1,
    /** The key is published again. */
    CUFRAMES_EVENT_REATTACHED = 2,
    /** The frames have another geometry, or the stream another description, from here on. */
    CUFRAMES_EVENT_RECONFIGURED = 3,
} cuframes_event_t;

/** How much a message matters. */
typedef enum {
    /** Something does not work. */
    CUFRAMES_LOG_ERROR = 1,
    /** Something works, but not as it should. */
    CUFRAMES_LOG_WARN = 2,
    /** Somebody joined, left or came back. */
    CUFRAMES_LOG_INFO = 3,
    /** Steps in between. */
    CUFRAMES_LOG_DEBUG = 4,
    /** Everything. */
    CUFRAMES_LOG_TRACE = 5,
} cuframes_log_level_t;

/** Properties of a frame, to be or-ed together. */
typedef enum {
    /** It was decoded without the help of others. */
    CUFRAMES_FRAME_KEY = 1,
    /** The decoder reported errors in it. */
    CUFRAMES_FRAME_CORRUPT = 2,
    /**
     * What came before does not lead up to it: the first frame after a new start, a change
     * of size or a gap in the source.
     */
    CUFRAMES_FRAME_DISCONTINUITY = 4,
    /** It consists of two fields. */
    CUFRAMES_FRAME_INTERLACED = 8,
    /** The field with the first row comes first in time. */
    CUFRAMES_FRAME_TOP_FIELD_FIRST = 16,
} cuframes_frame_flag_t;

/** Codecs of packets, by their fourcc. */
typedef enum {
    /** H.264. Length-prefixed if the first byte of extradata is 1, else Annex B. */
    CUFRAMES_CODEC_H264 = 875967048,
    /** H.265. Length-prefixed if the first byte of extradata is 1, else Annex B. */
    CUFRAMES_CODEC_HEVC = 1129727304,
    /** AV1. */
    CUFRAMES_CODEC_AV1 = 825251393,
    /** Motion JPEG. */
    CUFRAMES_CODEC_MJPEG = 1196444237,
} cuframes_codec_t;

/** Whether there are packets, or whether they are wanted. */
typedef enum {
    /** Frames only. */
    CUFRAMES_PACKETS_NONE = 0,
    /** Packets beside the frames. */
    CUFRAMES_PACKETS_BESIDE = 1,
    /** Packets and no frames. */
    CUFRAMES_PACKETS_ONLY = 2,
} cuframes_packets_t;

/** Where a subscriber's packets begin. */
typedef enum {
    /** With the newest key packet that is still in the ring, or else the next one. */
    CUFRAMES_PACKETS_FROM_KEYFRAME = 0,
    /** With the next key packet. */
    CUFRAMES_PACKETS_FROM_NEXT = 1,
} cuframes_packet_start_t;

/** Properties of a packet, to be or-ed together. */
typedef enum {
    /** It decodes without those before it. */
    CUFRAMES_PACKET_KEY = 1,
    /** Known to be damaged. */
    CUFRAMES_PACKET_CORRUPT = 2,
    /** What came before does not lead up to it. */
    CUFRAMES_PACKET_DISCONTINUITY = 4,
    /** The first one of its codec parameters; set by the ring. */
    CUFRAMES_PACKET_NEW_EXTRADATA = 8,
} cuframes_packet_flag_t;

/** A subscriber with a thread of its own. */
typedef struct cuframes_async_subscriber_t cuframes_async_subscriber_t;

/**
 * A frame, read in place. Until it is released the publisher does not write to its pixels,
 * unless it evicts this subscriber.
 */
typedef struct cuframes_frame_t cuframes_frame_t;

/** A publisher. One thread may use it at a time. */
typedef struct cuframes_publisher_t cuframes_publisher_t;

/** A slot of a publisher: a frame that is being made, then published and still held. */
typedef struct cuframes_slot_t cuframes_slot_t;

/** A subscriber. One thread may use it at a time. */
typedef struct cuframes_subscriber_t cuframes_subscriber_t;

/** What is said about a stream as a whole. Set to zero, it says nothing. */
typedef struct {
    /** sizeof(cuframes_stream_info_t), or 0 for that of the first release. */
    uint32_t struct_size;
    /** Frames per second, numerator; 0 unknown. */
    uint32_t fps_num;
    /** Frames per second, denominator; 0 unknown. */
    uint32_t fps_den;
    /** Width of a pixel in relation to its height, numerator; 0 unknown. */
    uint32_t sar_num;
    /** Width of a pixel in relation to its height, denominator; 0 unknown. */
    uint32_t sar_den;
    /**
     * Chromaticities of the mastering display (SMPTE ST 2086) in units of 0.00002: red x and
     * y, green x and y, blue x and y, white x and y. All 0 unknown.
     */
    uint16_t mastering_primaries[8];
    /** Its largest luminance in units of 0.0001 cd/m2, 0 unknown. */
    uint32_t mastering_max_luminance;
    /** Its smallest luminance in units of 0.0001 cd/m2. */
    uint32_t mastering_min_luminance;
    /** Maximum content light level in cd/m2, 0 unknown. */
    uint16_t max_cll;
    /** Maximum frame-average light level in cd/m2, 0 unknown. */
    uint16_t max_fall;
} cuframes_stream_info_t;

/**
 * Describes a publisher. Set it to zero, then set key, width, height and format; 0 means the
 * default everywhere else.
 *
 * ```c
 * cuframes_publisher_config_t config = {
 *     .struct_size = sizeof(config),
 *     .key = "cam1", .width = 1920, .height = 1080, .format = CUFRAMES_FORMAT_NV12,
 * };
 * ```
 */
typedef struct {
    /** sizeof(cuframes_publisher_config_t), or 0 for that of the first release. */
    uint32_t struct_size;
    /** Name of the stream: 1 to 63 bytes of A-Z a-z 0-9 . _ - */
    const char *key;
    /** Width in pixels, 1 to 32768. */
    int32_t width;
    /** Height in pixels, 1 to 32768. */
    int32_t height;
    /** A cuframes_format_t. */
    int32_t format;
    /** A cuframes_ownership_t. */
    int32_t ownership;
    /** Slots of the ring, 2 to 16; 0: 8. */
    uint32_t ring_size;
    /** A cuframes_policy_t. */
    int32_t policy;
    /** CUDA device, for frames on a GPU without a cuda_context. */
    int32_t cuda_device;
    /** How long CUFRAMES_POLICY_STRICT_WAIT waits for one frame in all, in ms; 0: 1000. */
    uint32_t strict_timeout_ms;
    /**
     * Longest time in ms that a frame which is no longer the newest may be held; who holds
     * one longer is evicted. 0: 5000. Negative: no limit.
     */
    int32_t lease_timeout_ms;
    /** Frames that one subscriber may hold at a time, up to ring_size; 0: a quarter of it. */
    uint32_t max_leases;
    /** Permission bits of the control socket; 0: 0660. */
    uint32_t socket_mode;
    /** Permission bits of the segment in /dev/shm; 0: 0640. */
    uint32_t segment_mode;
    /**
     * allow_uid_count users that may subscribe besides this one and root. NULL: the
     * permission bits of the socket decide.
     */
    const uint32_t *allow_uids;
    /** Entries of allow_uids. */
    uint32_t allow_uid_count;
    /** Not 0: no name in /dev/shm. */
    int32_t anonymous;
    /** Subscribers that creating waits for. */
    uint32_t wait_subscribers;
    /** How long it waits for them in ms; 0 or negative: for ever. */
    int32_t wait_timeout_ms;
    /**
     * Not 0: a subscriber that used up strict_timeout_ms is evicted. 0: it is not waited for
     * until it has caught up.
     */
    int32_t evict_lagging;
    /** What is said about the stream; NULL: nothing. */
    const cuframes_stream_info_t *stream_info;
    /** A cuframes_memory_t. */
    int32_t memory;
    /** A cuframes_sync_t. */
    int32_t sync;
    /**
     * The CUcontext whose streams write the frames, which outlives the publisher; NULL: the
     * primary context of cuda_device.
     */
    void *cuda_context;
    /**
     * For CUFRAMES_OWNERSHIP_EXTERNAL: ring_size device pointers (CUdeviceptr), one for each
     * slot, allocated by cuMemAlloc in cuda_context, each with room for a frame of
     * cuframes_calc_frame_size() bytes. They stay until the publisher and all who subscribed
     * to it are gone.
     */
    const uint64_t *external_buffers;
    /** Zero. */
    uint64_t _reserved[1];
    /**
     * A cuframes_packets_t. For CUFRAMES_PACKETS_ONLY, width and height say what the packets
     * decode to.
     */
    int32_t packets;
    /** Packets that the ring holds at most, 8 to 4096, rounded up to a power of two; 0: 64. */
    uint32_t packet_slots;
    /** Bytes of all packets that it holds, rounded up to a power of two; 0: 8 MiB. */
    uint64_t packet_bytes;
    /** Bytes of the largest packet; 0: a quarter of packet_bytes, which is the most. */
    uint64_t packet_largest;
} cuframes_publisher_config_t;

/** Counters of a publisher, since its start. */
typedef struct {
    /** sizeof(cuframes_publisher_stats_t), or 0 for that of the first release. */
    uint32_t struct_size;
    /** Everyone who is subscribed now. */
    uint32_t subscriber_count;
    /** Frames published. */
    uint64_t published;
    /** Frames dropped because no slot was free; they have no sequence. */
    uint64_t dropped;
    /** Published frames that were copied into their slot, not made in it. */
    uint64_t copies;
    /** Subscribers evicted. */
    uint64_t evicted;
    /** The newest sequence, 0 before the first frame. */
    uint64_t latest_seq;
    /** Random number of this start or reconfiguration. */
    uint64_t epoch;
    /** Packets published, which is the newest sequence of a packet. */
    uint64_t packets;
    /** Of them, key packets. */
    uint64_t packet_keys;
    /** Bytes of all packets. */
    uint64_t packet_bytes;
} cuframes_publisher_stats_t;

/**
 * Where the planes of a frame lie. All sizes are in bytes; what belongs to planes beyond
 * plane_count is 0.
 */
typedef struct {
    /** sizeof(cuframes_layout_t), or 0 for that of the first release. */
    uint32_t struct_size;
    /** A cuframes_format_t. */
    int32_t format;
    /** Width in pixels. */
    int32_t width;
    /** Height in pixels. */
    int32_t height;
    /** Planes of the format, 1 to 3. */
    uint32_t plane_count;
    /** First byte of each plane, from the first byte of plane 0. */
    uint32_t plane_offset[4];
    /** From one row to the next. */
    uint32_t plane_pitch[4];
    /** Rows of each plane. */
    uint32_t plane_rows[4];
    /** Pixels of one row; the rest up to the pitch is padding. */
    uint32_t plane_row_bytes[4];
    /** All planes, padding included. */
    uint64_t frame_size;
} cuframes_layout_t;

/**
 * What is said about one frame. Set to zero, it says nothing but a pts of 0.
 *
 * ```c
 * cuframes_frame_meta_t meta = { .struct_size = sizeof(meta), .pts_ns = CUFRAMES_NO_PTS };
 * ```
 */
typedef struct {
    /** sizeof(cuframes_frame_meta_t), or 0 for that of the first release. */
    uint32_t struct_size;
    /** cuframes_frame_flag_t, or-ed. Unknown bits are ignored. */
    uint32_t flags;
    /** Presentation time in nanoseconds on the source's own clock, or CUFRAMES_NO_PTS. */
    int64_t pts_ns;
    /** Duration in nanoseconds, 0 unknown. */
    int64_t duration_ns;
    /** ColourPrimaries of ITU-T H.273, 0 or 2 unknown (1 BT.709, 9 BT.2020). */
    uint8_t color_primaries;
    /** TransferCharacteristics of H.273, 0 or 2 unknown (1 BT.709, 16 PQ, 18 HLG). */
    uint8_t color_transfer;
    /** MatrixCoefficients of H.273, 0 or 2 unknown (1 BT.709, 6 BT.601). */
    uint8_t color_matrix;
    /** 0 unknown, 1 limited (luma 16 to 235), 2 full (0 to 255). */
    uint8_t color_range;
    /** Columns to cut off at the left before the picture is shown. */
    uint16_t crop_left;
    /** Rows to cut off at the top. */
    uint16_t crop_top;
    /** Columns to cut off at the right. */
    uint16_t crop_right;
    /** Rows to cut off at the bottom. */
    uint16_t crop_bottom;
    /** Zero. */
    uint32_t _reserved;
    /** The encoded packet that decoded to this frame, 0 unknown. */
    uint64_t packet_seq;
} cuframes_frame_meta_t;

/** How large a packet ring is; 0 means the default everywhere. */
typedef struct {
    /** sizeof(cuframes_packet_ring_t), or 0 for that of the first release. */
    uint32_t struct_size;
    /** Packets that it holds at most, 8 to 4096, rounded up to a power of two; 0: 64. */
    uint32_t slots;
    /** Bytes of all packets that it holds, rounded up to a power of two; 0: 8 MiB. */
    uint64_t bytes;
    /** Bytes of the largest packet that is accepted; 0: a quarter of bytes, which is the most. */
    uint64_t largest;
} cuframes_packet_ring_t;

/** What is said about a packet that is published. Set to zero, it says nothing but times of 0. */
typedef struct {
    /** sizeof(cuframes_packet_meta_t), or 0 for that of the first release. */
    uint32_t struct_size;
    /** cuframes_packet_flag_t, or-ed. Unknown bits are ignored. */
    uint32_t flags;
    /** Presentation time in nanoseconds on the clock of the frames, or CUFRAMES_NO_PTS. */
    int64_t pts_ns;
    /** Decoding time in nanoseconds on the same clock, or CUFRAMES_NO_PTS. */
    int64_t dts_ns;
    /** Duration in nanoseconds, 0 unknown. */
    int64_t duration_ns;
    /** Which stream of the source, 0 video. */
    uint32_t stream_index;
    /** Zero. */
    uint32_t _reserved;
} cuframes_packet_meta_t;

/**
 * Describes a subscriber. Set it to zero, then set key; 0 means the default everywhere else.
 *
 * ```c
 * cuframes_subscriber_config_t config = { .struct_size = sizeof(config), .key = "cam1" };
 * ```
 */
typedef struct {
    /** sizeof(cuframes_subscriber_config_t), or 0 for that of the first release. */
    uint32_t struct_size;
    /** Name of the stream: 1 to 63 bytes of A-Z a-z 0-9 . _ - */
    const char *key;
    /**
     * Name under which the publisher knows this subscriber: 1 to 31 bytes of the same, unique
     * per key and user. NULL: the program's name and its pid, and a number from the second
     * subscriber of the process on.
     */
    const char *consumer_name;
    /** A cuframes_mode_t; 0: CUFRAMES_MODE_NEWEST_ONLY. */
    int32_t mode;
    /** CUDA device, for CUFRAMES_CUDA_DEVICE. */
    int32_t cuda_device;
    /**
     * How long in ms a publisher that is not there is waited for, when connecting and after
     * a disconnection; 0: 5000. Negative: for ever.
     */
    int32_t connect_timeout_ms;
    /** Delivers one frame in so many; 0 and 1: all of them. */
    uint32_t every_nth;
    /** Delivers no frame that was published sooner after the last one, in nanoseconds. */
    uint64_t min_interval_ns;
    /** Not 0: a publisher that is gone without an end of stream is not waited for. */
    int32_t no_reattach;
    /**
     * How long to look for a new frame before sleeping, in microseconds. It costs CPU time
     * and saves the wake-up of a sleeper.
     */
    uint32_t spin_us;
    /** allow_uid_count users whose publishers are trusted besides those of this one and root. */
    const uint32_t *allow_uids;
    /** Entries of allow_uids. */
    uint32_t allow_uid_count;
    /** A cuframes_cuda_t. */
    int32_t cuda;
    /**
     * The CUcontext whose streams wait for frames, for CUFRAMES_CUDA_CONTEXT; it outlives the
     * subscriber and its frames.
     */
    void *cuda_context;
    /** Zero. */
    uint64_t _reserved[3];
    /** A cuframes_packets_t. CUFRAMES_PACKETS_ONLY maps no memory of frames and loads no driver. */
    int32_t packets;
    /** A cuframes_packet_start_t. */
    int32_t packets_from;
} cuframes_subscriber_config_t;

/**
 * Told of events, on the thread that is in cuframes_subscriber_next(), before that returns.
 *
 * user: as it was given. event: a cuframes_event_t. epoch: random number of the publisher's
 * start or reconfiguration; 0 for a disconnection. It must not use the subscriber, and a C++
 * exception or longjmp must not leave it: that ends the program.
 */
typedef void (*cuframes_event_callback_t)(void *user, int32_t event, uint64_t epoch);

/** Counters of a subscriber, since it connected first. */
typedef struct {
    /** sizeof(cuframes_subscriber_stats_t), or 0 for that of the first release. */
    uint32_t struct_size;
    /** Frames held now. */
    uint32_t leases;
    /** Frames delivered. */
    uint64_t received;
    /**
     * Sequences passed over because they were overwritten, or because something newer was
     * there.
     */
    uint64_t missed;
    /** Sequences passed over because every_nth or min_interval_ns asked for it. */
    uint64_t skipped;
    /** Times that the publisher was gone and came back. */
    uint64_t reattached;
    /** The sequence delivered last. */
    uint64_t last_seq;
    /** The newest sequence of the publisher. */
    uint64_t latest_seq;
    /** Frames that the publisher dropped because no slot was free. */
    uint64_t publisher_dropped;
    /** Packets delivered. */
    uint64_t packets;
    /** Packets passed over because they were overwritten. */
    uint64_t packets_missed;
    /** Times that packets were overwritten before they were read. */
    uint64_t packet_overruns;
    /** The packet delivered last. */
    uint64_t last_packet_seq;
} cuframes_subscriber_stats_t;

/** A packet that was read. Set struct_size before. */
typedef struct {
    /** sizeof(cuframes_packet_t), or 0 for that of the first release. */
    uint32_t struct_size;
    /** cuframes_packet_flag_t, or-ed. */
    uint32_t flags;
    /** Its sequence, which frames name that were decoded from it. */
    uint64_t seq;
    /** Its bytes: FFmpeg's AVPacket.data as it is. */
    const uint8_t *data;
    /** How many. */
    size_t size;
    /** Presentation time in nanoseconds, or CUFRAMES_NO_PTS. */
    int64_t pts_ns;
    /** Decoding time in nanoseconds, or CUFRAMES_NO_PTS. */
    int64_t dts_ns;
    /** Duration in nanoseconds, 0 unknown. */
    int64_t duration_ns;
    /** When it was published, as cuframes_now_ns(). */
    uint64_t publish_ns;
    /** Which stream of the source, 0 video. */
    uint32_t stream_index;
    /** Zero. */
    uint32_t _reserved;
} cuframes_packet_t;

/**
 * Gets every frame, on the thread of the subscriber.
 *
 * user: as it was given. frame: valid until the callback returns, and released then;
 * cuframes_frame_ref() keeps it. Return 0 to go on, anything else to end the subscription. A
 * C++ exception or longjmp must not leave it: that ends the program.
 */
typedef int (*cuframes_frame_callback_t)(void *user, cuframes_frame_t *frame);

/**
 * Told once why there will be no further frame, on the thread of the subscriber.
 *
 * user: as it was given. code: a cuframes_error_t, CUFRAMES_ERR_END_OF_STREAM at the end of the
 * stream. message: the sentence that goes with it, valid until the callback returns. A C++
 * exception or longjmp must not leave it: that ends the program.
 */
typedef void (*cuframes_error_callback_t)(void *user, int code, const char *message);

/**
 * Gets the messages of the library, on whatever thread they arise, several at a time if need
 * be.
 *
 * user: as it was given. level: a cuframes_log_level_t. message: one line without its end,
 * valid until the callback returns. It must not call this library, and a C++ exception or
 * longjmp must not leave it: that ends the program.
 */
typedef void (*cuframes_log_callback_t)(void *user, int level, const char *message);

#ifdef __cplusplus
extern "C" {
#endif /* __cplusplus */

/**
 * The sentence of the last failure in this thread: what happened, to what, what to do.
 *
 * Functions that succeed leave it alone. Returns: a string that is valid until the next call
 * of this library in the same thread; "no error" if nothing has failed yet. Never NULL.
 */
const char *cuframes_last_error(void);

/**
 * A sentence for an error number, for people.
 *
 * code: what a function returned. Returns: a static string, never NULL.
 */
const char *cuframes_strerror(int code);

/** The version of this library as major << 16 | minor << 8 | patch. */
uint32_t cuframes_version(void);

/** The version of this library as a static string such as "0.1.0". */
const char *cuframes_version_string(void);

/** The highest protocol version that this library speaks with other processes. */
uint32_t cuframes_protocol_version(void);

/**
 * Nanoseconds of CLOCK_MONOTONIC: the clock of cuframes_frame_publish_ns(), and a good pts for
 * live sources.
 */
int64_t cuframes_now_ns(void);

/**
 * Bytes of one frame as a publisher of this library lays it out: rows padded to a multiple
 * of 256 bytes, planes one behind the other. NV12 of 1920x1080 has 3317760.
 *
 * format: a cuframes_format_t. width, height: in pixels, 1 to 32768.
 * Returns: bytes, or a negative cuframes_error_t.
 */
int64_t cuframes_calc_frame_size(int32_t format, int32_t width, int32_t height);

/**
 * Starts publishing: takes the key, makes ring and pool, listens.
 *
 * config: see there. out: the new publisher, NULL on failure; end it with
 * cuframes_publisher_destroy().
 * Errors: ALREADY_EXISTS: another process publishes this key, which the sentence of
 * cuframes_last_error() names. NO_MEMORY: /dev/shm is full. TIMEOUT: wait_subscribers did not
 * come. NOT_FOUND, PERMISSION: the run directory cannot be used. INVALID_ARGUMENT,
 * UNSUPPORTED: a field of config.
 */
int cuframes_publisher_create(const cuframes_publisher_config_t *config,
                              cuframes_publisher_t **out);

/**
 * Goes on with frames of another geometry.
 *
 * Frames that subscribers hold, or have not read yet, stay as they are. So does the memory of
 * slots that were acquired before: they can be written and released, but publishing one is
 * CUFRAMES_ERR_RECONFIGURED.
 *
 * format: a cuframes_format_t. width, height: in pixels, 1 to 32768. The same geometry is
 * allowed, and begins a new epoch too.
 */
int cuframes_publisher_reconfigure(cuframes_publisher_t *publisher,
                                   int32_t format,
                                   int32_t width,
                                   int32_t height);

/**
 * Says something else about the stream. If it is news, everybody hears of it by a
 * reconfiguration with the same geometry.
 */
int cuframes_publisher_set_stream_info(cuframes_publisher_t *publisher,
                                       const cuframes_stream_info_t *info);

/**
 * Waits until n subscribers have joined.
 *
 * timeout_ms: 0 polls, negative waits for ever.
 * Errors: WOULD_BLOCK or TIMEOUT: there are fewer.
 */
int cuframes_publisher_wait_subscribers(cuframes_publisher_t *publisher,
                                        uint32_t n,
                                        int32_t timeout_ms);

/** Counters of a publisher. out: set out->struct_size before. */
int cuframes_publisher_get_stats(cuframes_publisher_t *publisher,
                                 cuframes_publisher_stats_t *out);

/** Planes, pitches and sizes of the frames to come. out: set out->struct_size before. */
int cuframes_publisher_get_layout(cuframes_publisher_t *publisher, cuframes_layout_t *out);

/**
 * Ends the stream: every subscriber reads to the last frame, then gets
 * CUFRAMES_ERR_END_OF_STREAM. Returns when all have, or after a second.
 *
 * Afterwards the handle is good for cuframes_publisher_destroy() only; anything else is
 * CUFRAMES_ERR_END_OF_STREAM. Slots that are still held stay valid until they are released.
 */
int cuframes_publisher_finish(cuframes_publisher_t *publisher);

/**
 * Ends a publisher and frees it. Without cuframes_publisher_finish() before, this is not the
 * end of the stream: subscribers wait for the key to come back.
 *
 * Errors: INVALID_ARGUMENT: NULL, or destroyed before.
 */
int cuframes_publisher_destroy(cuframes_publisher_t *publisher);

/**
 * Takes a slot to make the next frame in.
 *
 * ptr: the first byte of plane 0, a device pointer for frames on a GPU, valid until the
 * matching publish; cuframes_publisher_get_layout() says where the other planes are. What is in
 * it first is undefined. Called again before publishing, it gives the same slot.
 * Errors: WOULD_BLOCK: every slot is in use, and the frame is dropped and counted. With
 * CUFRAMES_POLICY_STRICT_WAIT it waits first, but no longer than strict_timeout_ms.
 */
int cuframes_publisher_acquire(cuframes_publisher_t *publisher, void **ptr);

/**
 * Publishes the frame that was acquired.
 *
 * stream: NULL for host memory; on a GPU the CUstream after whose work the pixels are complete,
 * NULL the default stream, CUFRAMES_NO_STREAM if they are already. pts_ns: presentation time
 * in nanoseconds on the source's own clock, or CUFRAMES_NO_PTS; live sources use
 * cuframes_now_ns().
 * Errors: INVALID_ARGUMENT: nothing was acquired, or stream is not NULL on host memory.
 * RECONFIGURED: it was acquired before cuframes_publisher_reconfigure(), and is given back.
 * CUDA: the driver refused; it is given back, and if the context is lost,
 * cuframes_publisher_reconfigure() starts anew.
 */
int cuframes_publisher_publish(cuframes_publisher_t *publisher, void *stream, int64_t pts_ns);

/**
 * Publishes the frame that was acquired, with everything that is to be said about it.
 *
 * stream: as for cuframes_publisher_publish(). meta: NULL says nothing about the frame.
 * Errors: as cuframes_publisher_publish(); INVALID_ARGUMENT also for a crop that leaves
 * nothing of the picture. The frame is then still acquired.
 */
int cuframes_publisher_publish_ex(cuframes_publisher_t *publisher,
                                  void *stream,
                                  const cuframes_frame_meta_t *meta);

/**
 * Copies a frame into a slot and publishes it.
 *
 * data: for each plane of the format its first row. pitch: for each plane the bytes from one
 * row to the next; negative for a picture that is stored bottom up. meta: NULL says nothing
 * about the frame. seq_out: its sequence; may be NULL.
 * Errors: WOULD_BLOCK: dropped and counted, as by cuframes_publisher_acquire().
 * INVALID_ARGUMENT: a plane is missing, or its pitch is shorter than a row.
 */
int cuframes_publisher_publish_copy(cuframes_publisher_t *publisher,
                                    const void *const *data,
                                    const int32_t *pitch,
                                    const cuframes_frame_meta_t *meta,
                                    uint64_t *seq_out);

/**
 * Takes a slot if one is free right now. Nothing is waited for, and nothing is counted.
 *
 * Any number of slots can be out at a time, besides that of cuframes_publisher_acquire().
 * out: the slot, NULL on failure; give it back with cuframes_slot_release().
 * Errors: WOULD_BLOCK: none is free.
 */
int cuframes_publisher_acquire_slot(cuframes_publisher_t *publisher, cuframes_slot_t **out);

/**
 * Publishes the frame in a slot. The slot stays held, and is not used again, until
 * cuframes_slot_release(); meanwhile its pixels may be read, and not written.
 *
 * stream: as for cuframes_publisher_publish(). meta: NULL says nothing about the frame.
 * seq_out: its sequence; may be NULL.
 * Errors: INVALID_ARGUMENT: the slot was published before. RECONFIGURED: it belongs to an
 * older geometry or to another publisher. CUDA: the driver refused, and what was in the slot
 * is lost. The slot stays as it was on any other error.
 */
int cuframes_publisher_publish_slot(cuframes_publisher_t *publisher,
                                    cuframes_slot_t *slot,
                                    void *stream,
                                    const cuframes_frame_meta_t *meta,
                                    uint64_t *seq_out);

/**
 * Address of the first byte of a plane of a slot in host memory, valid until the slot is
 * released. Any thread may ask.
 *
 * Returns: NULL if there is no such plane or slot, or it is on a GPU.
 */
void *cuframes_slot_plane(cuframes_slot_t *slot, uint32_t plane);

/**
 * Device pointer (a CUdeviceptr) to the first byte of a plane of a slot on a GPU, valid until
 * the slot is released. Any thread may ask.
 *
 * Returns: 0 if there is no such plane or slot, or it is in host memory.
 */
uint64_t cuframes_slot_cuda_plane(cuframes_slot_t *slot, uint32_t plane);

/**
 * Bytes from one row of a plane of a slot to the next. Any thread may ask.
 *
 * Returns: 0 if there is no such plane or slot.
 */
int32_t cuframes_slot_pitch(cuframes_slot_t *slot, uint32_t plane);

/**
 * Gives a slot back; if it was not published, nobody will see what is in it. Any thread may
 * do that, also after its publisher was destroyed.
 *
 * Errors: INVALID_ARGUMENT: NULL, or released before.
 */
int cuframes_slot_release(cuframes_slot_t *slot);

/**
 * Publishes packets too from now on. A publisher can do so from the start: packets of
 * cuframes_publisher_config_t. Here everyone who is subscribed joins again, with the same
 * geometry, and whoever joins from now on may ask for packets.
 *
 * ring: its size; NULL: the defaults.
 * Errors: INVALID_ARGUMENT: there is one already, or a size that cannot be. NO_MEMORY: /dev/shm
 * is full.
 */
int cuframes_publisher_enable_packets(cuframes_publisher_t *publisher,
                                      const cuframes_packet_ring_t *ring);

/**
 * Sets the codec of the packets and what a decoder has to know before the first one. It takes
 * effect with the next key packet.
 *
 * codec: a cuframes_codec_t, or another fourcc. extradata: size bytes, at most 4032:
 * FFmpeg's AVCodecParameters.extradata as it is.
 * Errors: NO_PACKET_RING. INVALID_ARGUMENT: codec is 0, or size is more than 4032.
 */
int cuframes_publisher_set_codec_params(cuframes_publisher_t *publisher,
                                        uint32_t codec,
                                        const void *extradata,
                                        size_t size);

/** Another name of cuframes_publisher_set_codec_params(). */
int cuframes_publisher_set_codec_extradata(cuframes_publisher_t *publisher,
                                           uint32_t codec,
                                           const void *extradata,
                                           size_t size);

/**
 * Publishes a packet, of which a copy is made. Nobody is waited for: who reads too slowly loses
 * packets, and goes on with a key packet.
 *
 * data: size bytes. meta: NULL says nothing about the packet, not even that it is a key packet.
 * seq: its sequence, for the packet_seq of the frames decoded from it; may be NULL.
 * Errors: PACKET_OVERSIZED: size is 0 or more than the ring takes. NO_PACKET_RING.
 */
int cuframes_publisher_publish_packet(cuframes_publisher_t *publisher,
                                      const void *data,
                                      size_t size,
                                      const cuframes_packet_meta_t *meta,
                                      uint64_t *seq);

/**
 * Finds the publisher of a key and joins it.
 *
 * config: see there. out: the new subscriber, NULL on failure; end it with
 * cuframes_subscriber_destroy().
 * Errors: NOT_FOUND: nobody publishes the key within connect_timeout_ms. ALREADY_EXISTS:
 * somebody alive has the consumer_name. PERMISSION: one of the two does not trust the other's
 * user. TOO_MANY_SUBSCRIBERS. PROTOCOL: it speaks another version. INVALID_ARGUMENT,
 * UNSUPPORTED: a field of config.
 */
int cuframes_subscriber_create(const cuframes_subscriber_config_t *config,
                               cuframes_subscriber_t **out);

/**
 * The next frame. Give it back with cuframes_subscriber_release().
 *
 * stream: NULL for host memory; on a GPU the CUstream that is made to wait until the pixels are
 * complete, NULL the default stream, CUFRAMES_NO_STREAM none. frame: NULL on failure.
 * timeout_ms: 0 polls, negative waits for ever.
 * Errors: WOULD_BLOCK, TIMEOUT: nothing new. END_OF_STREAM: now and ever after.
 * DISCONNECTED: the publisher is gone and did not come back. EVICTED: it ended this
 * subscription. INVALID_ARGUMENT: also if as many frames are held as may be.
 */
int cuframes_subscriber_next(cuframes_subscriber_t *subscriber,
                             void *stream,
                             cuframes_frame_t **frame,
                             int32_t timeout_ms);

/**
 * Gives a frame back. Any thread may do that. A frame on a GPU is given back when the stream
 * that cuframes_subscriber_next() was called with has got here, so that what was given to it
 * before may read the frame; for other streams there is cuframes_frame_release_on().
 *
 * subscriber: the one that lent it; NULL for a frame that was kept from a callback.
 * Errors: EVICTED: the publisher ended this subscription meanwhile, so that what was read of
 * the frame may be torn; it is released. INVALID_ARGUMENT: the frame is NULL or was released
 * before; or it is of another subscriber, and stays as it is; or its subscriber was destroyed
 * before it, and it is released.
 */
int cuframes_subscriber_release(cuframes_subscriber_t *subscriber, cuframes_frame_t *frame);

/**
 * A descriptor for an event loop: when it is readable, call cuframes_subscriber_next(), and
 * cuframes_subscriber_next_packet() where packets are read, with a timeout_ms of 0 until each
 * gives CUFRAMES_ERR_WOULD_BLOCK.
 *
 * It stays the same for the life of the subscriber, which owns it: do not close it.
 * Returns: the descriptor, or a negative cuframes_error_t.
 */
int cuframes_subscriber_fd(cuframes_subscriber_t *subscriber);

/** Tells callback of events from now on; NULL tells nobody. */
int cuframes_subscriber_set_event_callback(cuframes_subscriber_t *subscriber,
                                           cuframes_event_callback_t callback,
                                           void *user);

/**
 * Changes how long a publisher that is gone is waited for, from the next disconnection on: for
 * a program that has connected in short turns to look at something else in between.
 *
 * timeout_ms: negative waits for ever, 0 does not.
 */
int cuframes_subscriber_set_connect_timeout(cuframes_subscriber_t *subscriber,
                                            int32_t timeout_ms);

/**
 * Frames that may be held at a time, as the publisher says; another publisher of the key may
 * say something else. Negative: a cuframes_error_t.
 */
int cuframes_subscriber_max_leases(cuframes_subscriber_t *subscriber);

/** Counters of a subscriber. out: set out->struct_size before. */
int cuframes_subscriber_get_stats(cuframes_subscriber_t *subscriber,
                                  cuframes_subscriber_stats_t *out);

/**
 * Planes, pitches and sizes of the frames of the current epoch. out: set out->struct_size
 * before. A frame has its own: cuframes_frame_get_layout().
 */
int cuframes_subscriber_get_layout(cuframes_subscriber_t *subscriber, cuframes_layout_t *out);

/** What the publisher says about its stream. out: set out->struct_size before. */
int cuframes_subscriber_get_stream_info(cuframes_subscriber_t *subscriber,
                                        cuframes_stream_info_t *out);

/**
 * Leaves the publisher and frees a subscriber. Frames that it lent stay readable until they
 * are released.
 *
 * Errors: INVALID_ARGUMENT: NULL, or destroyed before.
 */
int cuframes_subscriber_destroy(cuframes_subscriber_t *subscriber);

/**
 * The next packet, in a buffer of the subscriber's: data of the packet stays valid until the
 * next call with the same subscriber. The first one is a key packet.
 *
 * packet: set packet->struct_size before. timeout_ms: 0 polls, negative waits for ever.
 * Errors: WOULD_BLOCK, TIMEOUT: nothing new. PACKET_OVERRUN: packets were overwritten before
 * they were read, said once; call again: the next one is a key packet. NO_CODEC_PARAMS: their
 * publisher died while it wrote them. END_OF_STREAM: now and ever after. DISCONNECTED: the
 * publisher is gone and did not come back. NO_PACKET_RING: it came back without packets.
 * INVALID_ARGUMENT: also if the subscriber asked for no packets.
 */
int cuframes_subscriber_next_packet(cuframes_subscriber_t *subscriber,
                                    cuframes_packet_t *packet,
                                    int32_t timeout_ms);

/**
 * The next packet, in a buffer of the caller's, as cuframes_subscriber_next_packet().
 *
 * buffer: size bytes.
 * Errors: PACKET_OVERSIZED: it does not fit, and is the next one still; the sentence of
 * cuframes_last_error() says how many bytes it has. A quarter of the ring is always enough.
 */
int cuframes_subscriber_next_packet_into(cuframes_subscriber_t *subscriber,
                                         void *buffer,
                                         size_t size,
                                         cuframes_packet_t *packet,
                                         int32_t timeout_ms);

/**
 * Codec and extradata: of the packet read last, or before the first one those that the
 * publisher has set last.
 *
 * codec: a cuframes_codec_t, or another fourcc; may be NULL. extradata: room for *size bytes, of
 * which 4032 are always enough; NULL asks for the size only. size: how many there are.
 * Errors: NO_CODEC_PARAMS: the publisher has set none yet, which it does with a key packet.
 * INVALID_ARGUMENT: *size is too small, and says now how many there are.
 */
int cuframes_subscriber_get_codec_params(cuframes_subscriber_t *subscriber,
                                         uint32_t *codec,
                                         void *extradata,
                                         size_t *size);

/**
 * Joins the publisher of a key and calls back with every frame, on a thread of its own.
 *
 * config: see there. on_frame: not NULL. on_error: may be NULL. user: given to both. out: the
 * new subscriber, NULL on failure; end it with cuframes_async_subscriber_destroy().
 * Errors: as cuframes_subscriber_create().
 */
int cuframes_async_subscriber_create(const cuframes_subscriber_config_t *config,
                                     cuframes_frame_callback_t on_frame,
                                     cuframes_error_callback_t on_error,
                                     void *user,
                                     cuframes_async_subscriber_t **out);

/**
 * Stops calling back and frees a subscriber. When it returns, no callback is running or will
 * run; called from a callback of its own it returns at once, and that call is the last.
 *
 * Errors: INVALID_ARGUMENT: NULL, or destroyed before.
 */
int cuframes_async_subscriber_destroy(cuframes_async_subscriber_t *subscriber);

/**
 * Another handle for the same frame, to be released by itself: to keep the frame of a
 * callback, or to hand it to another thread.
 *
 * Release it with cuframes_subscriber_release(), with the same subscriber, or NULL for a frame
 * of a callback. Returns: NULL on failure.
 */
cuframes_frame_t *cuframes_frame_ref(cuframes_frame_t *frame);

/**
 * Address of plane 0, for reading only: a device pointer for frames on a GPU.
 *
 * Returns: NULL if there is no such frame.
 */
void *cuframes_frame_cuda_ptr(cuframes_frame_t *frame);

/**
 * Device pointer (a CUdeviceptr) to the first pixel of a plane of a frame on a GPU, valid until
 * the frame is released.
 *
 * Returns: 0 if there is no such plane or frame, or it is in host memory.
 */
uint64_t cuframes_frame_cuda_plane(cuframes_frame_t *frame, uint32_t plane);

/**
 * Address of the first pixel of a plane of a frame in host memory, valid until the frame is
 * released.
 *
 * Returns: NULL if there is no such plane or frame, or it is on a GPU.
 */
const void *cuframes_frame_data(cuframes_frame_t *frame, uint32_t plane);

/** Bytes from one row of a plane to the next; 0 if there is no such plane or frame. */
int32_t cuframes_frame_pitch(cuframes_frame_t *frame, uint32_t plane);

/** Pitch of plane 0 in bytes. */
int32_t cuframes_frame_pitch_y(cuframes_frame_t *frame);

/** Pitch of plane 1 in bytes, 0 if there is none. */
int32_t cuframes_frame_pitch_uv(cuframes_frame_t *frame);

/** Planes of a frame, 1 to 3; 0 if there is no such frame. */
uint32_t cuframes_frame_plane_count(cuframes_frame_t *frame);

/** Width in pixels; 0 if there is no such frame. */
int32_t cuframes_frame_width(cuframes_frame_t *frame);

/** Height in pixels; 0 if there is no such frame. */
int32_t cuframes_frame_height(cuframes_frame_t *frame);

/** A cuframes_format_t; 0 if there is no such frame. */
int32_t cuframes_frame_format(cuframes_frame_t *frame);

/**
 * Its number: 1 for the first frame of the stream, without gaps at the publisher. 0 if there
 * is no such frame.
 */
uint64_t cuframes_frame_seq(cuframes_frame_t *frame);

/** Presentation time in nanoseconds on the source's own clock, or CUFRAMES_NO_PTS. */
int64_t cuframes_frame_pts_ns(cuframes_frame_t *frame);

/** Duration in nanoseconds, 0 unknown. */
int64_t cuframes_frame_duration_ns(cuframes_frame_t *frame);

/** When it was published: nanoseconds of CLOCK_MONOTONIC, as cuframes_now_ns(). */
uint64_t cuframes_frame_publish_ns(cuframes_frame_t *frame);

/** cuframes_frame_flag_t, or-ed. */
uint32_t cuframes_frame_flags(cuframes_frame_t *frame);

/** Everything that the publisher said about a frame. out: set out->struct_size before. */
int cuframes_frame_get_meta(cuframes_frame_t *frame, cuframes_frame_meta_t *out);

/** Planes, pitches and sizes of a frame. out: set out->struct_size before. */
int cuframes_frame_get_layout(cuframes_frame_t *frame, cuframes_layout_t *out);

/**
 * Copies the picture without padding, plane after plane, as raw video files have it. A frame
 * on a GPU is waited for and downloaded.
 *
 * dst: size bytes, of which the sum of plane_rows * plane_row_bytes is written.
 * Errors: INVALID_ARGUMENT: size is less than that, and nothing was copied.
 */
int cuframes_frame_copy_to(cuframes_frame_t *frame, void *dst, size_t size);

/**
 * Whether a pair of memory and sync works here: it is really tried, which takes up to some
 * seconds.
 *
 * cuda_device: the GPU by its number. memory: a cuframes_memory_t, sync: a cuframes_sync_t,
 * neither of them AUTO.
 * Errors: UNSUPPORTED: it does not work, or could not be tried; cuframes_last_error() has the
 * reason and what to do about it. INVALID_ARGUMENT.
 */
int cuframes_probe(int32_t cuda_device, int32_t memory, int32_t sync);

/**
 * Takes a slot on a GPU for a stream to write: what the stream does from now on comes after
 * whatever was done to the slot before. The processor waits for no GPU.
 *
 * stream: the CUstream, NULL the default stream; it outlives the publishing or the release of
 * the slot. out: the slot, NULL on failure; publish it with cuframes_publisher_publish_slot(),
 * and give it back with cuframes_slot_release().
 * Errors: WOULD_BLOCK: every slot is in use, and the frame is dropped and counted; with
 * CUFRAMES_POLICY_STRICT_WAIT it waits first, but no longer than strict_timeout_ms.
 * UNSUPPORTED: the frames are in host memory. CUDA.
 */
int cuframes_publisher_acquire_on(cuframes_publisher_t *publisher,
                                  void *stream,
                                  cuframes_slot_t **out);

/**
 * As cuframes_publisher_acquire_on(), if a slot is free right now. Nothing is waited for, and
 * nothing is counted.
 *
 * Errors: WOULD_BLOCK: none is free. UNSUPPORTED: the frames are in host memory. CUDA.
 */
int cuframes_publisher_acquire_slot_on(cuframes_publisher_t *publisher,
                                       void *stream,
                                       cuframes_slot_t **out);

/**
 * Copies a frame on the same GPU into a slot and publishes it, all on a stream. The processor
 * waits for no GPU.
 *
 * stream: the CUstream, NULL the default stream. planes: for each plane of the format the
 * device pointer (CUdeviceptr) of its first row. pitch: for each plane the bytes from one row
 * to the next. meta: NULL says nothing about the frame. seq_out: its sequence; may be NULL.
 * Errors: WOULD_BLOCK: dropped and counted, as by cuframes_publisher_acquire().
 * INVALID_ARGUMENT: a pitch is shorter than a row. UNSUPPORTED: the frames are in host memory.
 * CUDA.
 */
int cuframes_publisher_publish_copy_on(cuframes_publisher_t *publisher,
                                       void *stream,
                                       const uint64_t *planes,
                                       const int32_t *pitch,
                                       const cuframes_frame_meta_t *meta,
                                       uint64_t *seq_out);

/**
 * Goes on in another context of any GPU, from the next cuframes_publisher_reconfigure() on.
 *
 * context: a CUcontext that outlives the publisher; the old one is to be kept as long.
 * Errors: UNSUPPORTED: the frames are in host memory. INVALID_ARGUMENT: NULL.
 */
int cuframes_publisher_set_cuda_context(cuframes_publisher_t *publisher, void *context);

/**
 * Where the frames of a publisher live, and what tells that they are complete: what
 * CUFRAMES_MEMORY_AUTO and CUFRAMES_SYNC_AUTO chose.
 *
 * memory: a cuframes_memory_t; may be NULL. sync: a cuframes_sync_t; may be NULL.
 */
int cuframes_publisher_get_memory(cuframes_publisher_t *publisher,
                                  int32_t *memory,
                                  int32_t *sync);

/** A cuframes_memory_t: where the pixels of a frame are. Negative if there is no such frame. */
int cuframes_frame_memory(cuframes_frame_t *frame);

/**
 * Makes a stream wait until the pixels of a frame are complete. The processor does not wait.
 *
 * stream: a CUstream of the subscriber's context, NULL the default stream. On host memory there
 * is nothing to wait for.
 * Errors: CUDA. If the publisher dies first, the stream goes on all the same, and
 * cuframes_frame_is_ready() then gives ABORTED.
 */
int cuframes_frame_wait_on(cuframes_frame_t *frame, void *stream);

/**
 * Waits until the pixels of a frame are complete.
 *
 * timeout_ms: 0 only looks, negative waits for as long as the publisher lives.
 * Errors: TIMEOUT. ABORTED: they never will be. CUDA.
 */
int cuframes_frame_wait_host(cuframes_frame_t *frame, int32_t timeout_ms);

/**
 * Whether the pixels of a frame are complete.
 *
 * Returns: 1 if they are, 0 if they are not yet, or a negative cuframes_error_t: ABORTED: they
 * never will be. CUDA. INVALID_ARGUMENT: there is no such frame.
 */
int cuframes_frame_is_ready(cuframes_frame_t *frame);

/**
 * Gives a frame back when every one of some streams has got here: what was given to them before
 * may still read it. The processor does not wait. Any thread may do that, for a frame of a
 * callback too.
 *
 * streams: count CUstreams, NULL among them the default stream; count 0 gives it back now.
 * Errors: as cuframes_subscriber_release(). CUDA: the context is lost, and the frame was given
 * back.
 */
int cuframes_frame_release_on(cuframes_frame_t *frame, void *const *streams, uint32_t count);

/**
 * Sends the messages of the library to callback; NULL silences it, as it is at first.
 *
 * Nothing is told per frame. A message that is on its way in another thread may still come to
 * the callback that was set before, so user stays valid to the end of the program. In a
 * program that listens to the library by Rust's tracing this does nothing but set
 * cuframes_last_error().
 */
void cuframes_set_log_callback(cuframes_log_callback_t callback, void *user);

#ifdef __cplusplus
} /* extern "C" */
#endif /* __cplusplus */

#endif  /* CUFRAMES_H */

/**
 * Instead of a CUstream: no stream is meant. A publisher's pixels are complete already; a
 * subscriber looks by itself when they are, with cuframes_frame_wait_on(),
 * cuframes_frame_wait_host() or cuframes_frame_is_ready().
 */
#define CUFRAMES_NO_STREAM ((void *)UINTPTR_MAX)
