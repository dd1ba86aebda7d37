/*
 * Reader and writer of ZeroBuffer for C++20; include <zerobuffer/zerobuffer.h>.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef ZEROBUFFER_CHANNEL_HPP
#define ZEROBUFFER_CHANNEL_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <zerobuffer/frame.hpp>

namespace zerobuffer {

/** How long calls wait if nothing else is said. */
inline constexpr std::chrono::milliseconds default_timeout{5000};

/** How a reader makes its buffer. */
struct BufferConfig {
    std::size_t metadata_size = 4096;
    std::size_t payload_size = 256 * 1024 * 1024;

    BufferConfig() = default;
    BufferConfig(std::size_t metadata, std::size_t payload)
        : metadata_size(metadata), payload_size(payload) {}
};

namespace detail {

inline zerobuffer_config_t config_of(const BufferConfig &config)
{
    zerobuffer_config_t wanted;
    check(zerobuffer_config_init(&wanted));
    wanted.metadata_size = config.metadata_size;
    wanted.payload_size = config.payload_size;
    return wanted;
}

/** Milliseconds as C counts them: a time beyond that is for ever, and one that is over is 0. */
inline std::int32_t timeout_of(std::chrono::milliseconds timeout)
{
    if (timeout.count() > std::numeric_limits<std::int32_t>::max())
        return -1;
    return static_cast<std::int32_t>(std::max<std::int64_t>(timeout.count(), 0));
}

} /* namespace detail */

/** Creates a buffer and reads from it. */
class Reader {
public:
    explicit Reader(const std::string &name, const BufferConfig &config = BufferConfig())
        : name_(name)
    {
        const zerobuffer_config_t wanted = detail::config_of(config);
        zerobuffer_reader_t *reader = nullptr;
        detail::check(zerobuffer_reader_create(name.c_str(), &wanted, &reader));
        handle_.reset(reader);
    }

    const std::string &name() const noexcept { return name_; }

    /** Waits until a writer is connected, at most so many milliseconds; 0 only looks. */
    bool is_writer_connected(int timeout_ms = 0) const
    {
        const int limit = std::max(timeout_ms, 0);
        return detail::check(zerobuffer_reader_is_writer_connected(get(), limit)) != 0;
    }

    /** The metadata; empty as long as the writer has not written any. */
    std::vector<std::uint8_t> get_metadata() const
    {
        std::size_t size = 0;
        const int code = zerobuffer_reader_get_metadata(get(), nullptr, 0, &size);
        if (code == ZEROBUFFER_ERR_NO_METADATA)
            return {};
        detail::check(code);
        std::vector<std::uint8_t> metadata(size);
        detail::check(zerobuffer_reader_get_metadata(get(), metadata.data(), size, nullptr));
        return metadata;
    }

    /** The next frame, invalid if none comes in time. A writer that is gone is thrown. */
    Frame read_frame(std::chrono::milliseconds timeout = default_timeout)
    {
        zerobuffer_frame_t *frame = nullptr;
        const int code = zerobuffer_reader_read(get(), detail::timeout_of(timeout), &frame);
        if (code == ZEROBUFFER_ERR_TIMEOUT)
            return Frame::invalid();
        detail::check(code);
        return Frame::lent(frame, zerobuffer_frame_sequence(frame));
    }

    void release_frame(Frame &frame) noexcept { frame.release(); }
    void release_frame(Frame &&frame) noexcept { frame.release(); }

    /** Lets a read_frame() that waits in another thread return an invalid frame. */
    void wake() const { detail::check(zerobuffer_reader_wake(get())); }

    std::size_t metadata_size() const { return zerobuffer_reader_metadata_size(get()); }
    std::size_t payload_size() const { return zerobuffer_reader_payload_size(get()); }
    std::uint64_t frames_read() const { return zerobuffer_reader_frames_read(get()); }
    std::uint64_t bytes_read() const { return zerobuffer_reader_bytes_read(get()); }

private:
    zerobuffer_reader_t *get() const noexcept { return handle_.get(); }

    std::string name_;
    detail::Handle<zerobuffer_reader_t, zerobuffer_reader_destroy> handle_;
};

/** Connects to a buffer and writes to it. */
class Writer {
public:
    explicit Writer(const std::string &name) : name_(name)
    {
        zerobuffer_writer_t *writer = nullptr;
        detail::check(zerobuffer_writer_connect(name.c_str(), &writer));
        handle_.reset(writer);
    }

    Writer(const std::string &name, std::chrono::milliseconds write_timeout) : Writer(name)
    {
        set_write_timeout(write_timeout);
    }

    const std::string &name() const noexcept { return name_; }

    /** How long a write waits for space; 5 s if it is never set. */
    void set_write_timeout(std::chrono::milliseconds timeout)
    {
        detail::check(zerobuffer_writer_set_write_timeout(get(), detail::timeout_of(timeout)));
    }

    /** Says what the frames are, once in a buffer's life. */
    void set_metadata(const void *data, std::size_t size)
    {
        detail::check(zerobuffer_writer_set_metadata(get(), data, size));
    }
    void set_metadata(std::span<const std::uint8_t> data)
    {
        set_metadata(data.data(), data.size());
    }

    /** Writes a copy of a frame; its number. */
    std::uint64_t write_frame(const void *data, std::size_t size)
    {
        std::uint64_t sequence = 0;
        detail::check(zerobuffer_writer_write(get(), data, size, &sequence));
        return sequence;
    }
    std::uint64_t write_frame(std::span<const std::uint8_t> data)
    {
        return write_frame(data.data(), data.size());
    }

    /** Space in the ring for a frame, lent until commit_frame() or abandon_frame(). */
    std::span<std::uint8_t> get_frame_buffer(std::size_t size)
    {
        void *data = nullptr;
        detail::check(zerobuffer_writer_buffer(get(), size, &data, nullptr));
        return {static_cast<std::uint8_t *>(data), size};
    }
    /** Writes the frame that was made there; its number. */
    std::uint64_t commit_frame()
    {
        std::uint64_t sequence = 0;
        detail::check(zerobuffer_writer_commit(get(), &sequence));
        return sequence;
    }
    void abandon_frame() { detail::check(zerobuffer_writer_abandon(get())); }

    bool is_reader_connected() const
    {
        return detail::check(zerobuffer_writer_is_reader_connected(get())) != 0;
    }

    std::size_t max_frame_size() const { return zerobuffer_writer_max_frame_size(get()); }
    std::size_t metadata_size() const { return zerobuffer_writer_metadata_size(get()); }
    std::size_t payload_size() const { return zerobuffer_writer_payload_size(get()); }
    std::uint64_t frames_written() const { return zerobuffer_writer_frames_written(get()); }
    std::uint64_t bytes_written() const { return zerobuffer_writer_bytes_written(get()); }

private:
    zerobuffer_writer_t *get() const noexcept { return handle_.get(); }

    std::string name_;
    detail::Handle<zerobuffer_writer_t, zerobuffer_writer_destroy> handle_;
};

} /* namespace zerobuffer */

#endif /* ZEROBUFFER_CHANNEL_HPP */
