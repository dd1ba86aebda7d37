/*
 * Publishers of cuframes for C++; include <cuframes/cuframes.hpp>.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef CUFRAMES_PUBLISHER_HPP
#define CUFRAMES_PUBLISHER_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <cuframes/cuframes.h>
#include <cuframes/frame.hpp>

namespace cuframes {

/** See cuframes_publisher_config_t; whatever is 0 is the default. */
struct PublisherOptions {
    std::string key;
    std::int32_t width = 0;
    std::int32_t height = 0;
    cuframes_format_t format = CUFRAMES_FORMAT_NV12;
    cuframes_policy_t policy = CUFRAMES_POLICY_DROP_OLDEST;
    std::uint32_t ring_size = 0;
    std::uint32_t strict_timeout_ms = 0;
    std::int32_t lease_timeout_ms = 0;
    std::uint32_t max_leases = 0;
    std::uint32_t socket_mode = 0;
    std::uint32_t segment_mode = 0;
    std::vector<std::uint32_t> allow_uids = {};
    bool anonymous = false;
    std::uint32_t wait_subscribers = 0;
    std::int32_t wait_timeout_ms = 0;
    bool evict_lagging = false;
    std::optional<cuframes_stream_info_t> stream_info = {};
    cuframes_ownership_t ownership = CUFRAMES_OWNERSHIP_LIBRARY;
    std::int32_t cuda_device = 0;
    cuframes_memory_t memory = CUFRAMES_MEMORY_HOST;
    cuframes_sync_t sync = CUFRAMES_SYNC_AUTO;
    /** A CUcontext. */
    void *cuda_context = nullptr;
    /** Device pointers, one for each slot, for CUFRAMES_OWNERSHIP_EXTERNAL. */
    std::vector<std::uint64_t> external_buffers = {};
    cuframes_packets_t packets = CUFRAMES_PACKETS_NONE;
    std::uint32_t packet_slots = 0;
    std::uint64_t packet_bytes = 0;
    std::uint64_t packet_largest = 0;
};

/** A slot of a publisher, to make a frame in; given back when this is destroyed. */
class WritableSlot {
public:
    explicit WritableSlot(cuframes_slot_t *slot) noexcept : slot_(slot) {}

    /** First byte of a plane in host memory; nullptr elsewhere. Read only once published. */
    void *plane(std::uint32_t plane) const noexcept
    {
        return cuframes_slot_plane(slot_.get(), plane);
    }
    /** Device pointer to a plane on a GPU; 0 elsewhere. */
    std::uint64_t cuda_plane(std::uint32_t plane) const noexcept
    {
        return cuframes_slot_cuda_plane(slot_.get(), plane);
    }
    /** Bytes from one row of a plane to the next. */
    std::int32_t pitch(std::uint32_t plane) const noexcept
    {
        return cuframes_slot_pitch(slot_.get(), plane);
    }
    cuframes_slot_t *get() const noexcept { return slot_.get(); }

private:
    detail::Handle<cuframes_slot_t, cuframes_slot_release> slot_;
};

/** Publishes frames under a key. Destroying it is not the end of the stream; finish() is. */
class Publisher {
public:
    explicit Publisher(const PublisherOptions &options)
    {
        auto config = detail::sized<cuframes_publisher_config_t>();
        config.key = options.key.c_str();
        config.width = options.width;
        config.height = options.height;
        config.format = options.format;
        config.ownership = options.ownership;
        config.ring_size = options.external_buffers.empty()
                               ? options.ring_size
                               : static_cast<std::uint32_t>(options.external_buffers.size());
        config.external_buffers = options.external_buffers.data();
        config.policy = options.policy;
        config.cuda_device = options.cuda_device;
        config.memory = options.memory;
        config.sync = options.sync;
        config.cuda_context = options.cuda_context;
        config.strict_timeout_ms = options.strict_timeout_ms;
        config.lease_timeout_ms = options.lease_timeout_ms;
        config.max_leases = options.max_leases;
        config.socket_mode = options.socket_mode;
        config.segment_mode = options.segment_mode;
        config.allow_uids = options.allow_uids.data();
        config.allow_uid_count = static_cast<std::uint32_t>(options.allow_uids.size());
        config.anonymous = options.anonymous;
        config.wait_subscribers = options.wait_subscribers;
        config.wait_timeout_ms = options.wait_timeout_ms;
        config.evict_lagging = options.evict_lagging;
        config.stream_info = options.stream_info ? &*options.stream_info : nullptr;
        config.packets = options.packets;
        config.packet_slots = options.packet_slots;
        config.packet_bytes = options.packet_bytes;
        config.packet_largest = options.packet_largest;
        cuframes_publisher_t *publisher;
        detail::check(cuframes_publisher_create(&config, &publisher), "create publisher");
        publisher_.reset(publisher);
    }

    /** Plane 0 of the next frame; nullptr if it was dropped because no slot is free. */
    void *acquire()
    {
        void *ptr;
        const int code = cuframes_publisher_acquire(get(), &ptr);
        detail::check(code == CUFRAMES_ERR_WOULD_BLOCK ? 0 : code, "acquire");
        return ptr;
    }
    /** Publishes what acquire() gave. */
    void publish(std::int64_t pts_ns, void *stream = nullptr)
    {
        detail::check(cuframes_publisher_publish(get(), stream, pts_ns), "publish");
    }
    void publish(const cuframes_frame_meta_t &meta, void *stream = nullptr)
    {
        detail::check(cuframes_publisher_publish_ex(get(), stream, &meta), "publish");
    }
    /** Copies a frame in; its sequence, or nothing if it was dropped. */
    std::optional<std::uint64_t> publish_copy(const void *const data[4],
                                              const std::int32_t pitch[4],
                                              const cuframes_frame_meta_t &meta)
    {
        std::uint64_t seq;
        const int code = cuframes_publisher_publish_copy(get(), data, pitch, &meta, &seq);
        if (code == CUFRAMES_ERR_WOULD_BLOCK)
            return std::nullopt;
        detail::check(code, "publish copy");
        return seq;
    }
    /** A slot by itself, if one is free right now. */
    std::optional<WritableSlot> acquire_slot()
    {
        cuframes_slot_t *slot;
        const int code = cuframes_publisher_acquire_slot(get(), &slot);
        if (code == CUFRAMES_ERR_WOULD_BLOCK)
            return std::nullopt;
        detail::check(code, "acquire slot");
        return WritableSlot(slot);
    }
    /** A slot on a GPU for a stream to write; nothing if the frame was dropped. */
    std::optional<WritableSlot> acquire_on(void *stream)
    {
        cuframes_slot_t *slot;
        const int code = cuframes_publisher_acquire_on(get(), stream, &slot);
        if (code == CUFRAMES_ERR_WOULD_BLOCK)
            return std::nullopt;
        detail::check(code, "acquire on a stream");
        return WritableSlot(slot);
    }
    /** Where the frames live: what CUFRAMES_MEMORY_AUTO chose. */
    cuframes_memory_t memory() const
    {
        std::int32_t memory;
        detail::check(cuframes_publisher_get_memory(get(), &memory, nullptr), "publisher memory");
        return static_cast<cuframes_memory_t>(memory);
    }
    /** What tells that they are complete: what CUFRAMES_SYNC_AUTO chose. */
    cuframes_sync_t sync() const
    {
        std::int32_t sync;
        detail::check(cuframes_publisher_get_memory(get(), nullptr, &sync), "publisher sync");
        return static_cast<cuframes_sync_t>(sync);
    }
    /** Publishes a slot, which stays held until it is destroyed; its sequence. */
    std::uint64_t publish(const WritableSlot &slot, const cuframes_frame_meta_t &meta,
                          void *stream = nullptr)
    {
        std::uint64_t seq;
        detail::check(
            cuframes_publisher_publish_slot(get(), slot.get(), stream, &meta, &seq),
            "publish slot");
        return seq;
    }
    /** Publishes packets too from now on; a size of nothing is the default. */
    void enable_packets(const std::optional<cuframes_packet_ring_t> &ring = {})
    {
        detail::check(cuframes_publisher_enable_packets(get(), ring ? &*ring : nullptr),
                      "enable packets");
    }
    /** Codec, a cuframes_codec_t, and extradata of the next key packet and those after it. */
    void set_codec_params(std::uint32_t codec, const void *extradata, std::size_t size)
    {
        detail::check(cuframes_publisher_set_codec_params(get(), codec, extradata, size),
                      "set codec params");
    }
    /** Publishes an encoded packet; its sequence, for the frames decoded from it. */
    std::uint64_t publish_packet(const void *data, std::size_t size,
                                 const cuframes_packet_meta_t &meta)
    {
        std::uint64_t seq;
        detail::check(cuframes_publisher_publish_packet(get(), data, size, &meta, &seq),
                      "publish packet");
        return seq;
    }
    void reconfigure(cuframes_format_t format, std::int32_t width, std::int32_t height)
    {
        detail::check(cuframes_publisher_reconfigure(get(), format, width, height),
                      "reconfigure");
    }
    void set_stream_info(const cuframes_stream_info_t &info)
    {
        detail::check(cuframes_publisher_set_stream_info(get(), &info), "set stream info");
    }
    /** False if fewer than n have joined when the time is over. */
    bool wait_subscribers(std::uint32_t n, std::int32_t timeout_ms = -1)
    {
        const int code = cuframes_publisher_wait_subscribers(get(), n, timeout_ms);
        if (code == CUFRAMES_ERR_TIMEOUT || code == CUFRAMES_ERR_WOULD_BLOCK)
            return false;
        detail::check(code, "wait for subscribers");
        return true;
    }
    cuframes_publisher_stats_t stats() const
    {
        auto stats = detail::sized<cuframes_publisher_stats_t>();
        detail::check(cuframes_publisher_get_stats(get(), &stats), "publisher stats");
        return stats;
    }
    cuframes_layout_t layout() const
    {
        auto layout = detail::sized<cuframes_layout_t>();
        detail::check(cuframes_publisher_get_layout(get(), &layout), "publisher layout");
        return layout;
    }
    /** Ends the stream; afterwards only destroying makes sense. */
    void finish() { detail::check(cuframes_publisher_finish(get()), "finish"); }

    cuframes_publisher_t *get() const noexcept { return publisher_.get(); }

private:
    detail::Handle<cuframes_publisher_t, cuframes_publisher_destroy> publisher_;
};

} /* namespace cuframes */

#endif /* CUFRAMES_PUBLISHER_HPP */
