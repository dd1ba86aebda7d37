/*
 * Errors and frames of cuframes for C++; include <cuframes/cuframes.hpp>.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef CUFRAMES_FRAME_HPP
#define CUFRAMES_FRAME_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <cuframes/cuframes.h>

namespace cuframes {

/** What every failure throws. */
class Error : public std::runtime_error {
public:
    Error(int code, const std::string &context)
        : Error(code, context, cuframes_strerror(code)) {}
    Error(int code, const std::string &context, const std::string &sentence)
        : std::runtime_error(context + ": " + sentence), code_(code) {}

    /** A cuframes_error_t. */
    int code() const noexcept { return code_; }

private:
    int code_;
};

namespace detail {

/** Throws what a function of cuframes.h says, if that is an error. */
inline void check(int code, const char *context)
{
    if (code < 0)
        throw Error(code, context, cuframes_last_error());
}

/** A struct of cuframes.h with its struct_size set. */
template <typename T> T sized() noexcept
{
    T value{};
    value.struct_size = sizeof(T);
    return value;
}

template <typename T, int (*destroy)(T *)> struct Destroy {
    void operator()(T *handle) const noexcept { destroy(handle); }
};
template <typename T, int (*destroy)(T *)> using Handle = std::unique_ptr<T, Destroy<T, destroy>>;

} /* namespace detail */

/** Nanoseconds of CLOCK_MONOTONIC: a good pts for live sources. */
inline std::int64_t now_ns() noexcept { return cuframes_now_ns(); }

/** Bytes of one frame as a publisher lays it out, padding included. */
inline std::size_t calc_frame_size(cuframes_format_t format, std::int32_t width,
                                   std::int32_t height)
{
    const std::int64_t size = cuframes_calc_frame_size(format, width, height);
    detail::check(size < 0 ? static_cast<int>(size) : 0, "calc_frame_size");
    return static_cast<std::size_t>(size);
}

class FrameRef;

/** A frame that somebody else holds: valid as long as the callback that got it runs. */
class Frame {
public:
    /** lender: the subscriber that lent it, NULL for a frame of a callback. */
    explicit Frame(cuframes_frame_t *frame, cuframes_subscriber_t *lender = nullptr) noexcept
        : frame_(frame), lender_(lender) {}

    std::uint64_t seq() const noexcept { return cuframes_frame_seq(frame_); }
    /** Nanoseconds on the source's own clock, or CUFRAMES_NO_PTS. */
    std::int64_t pts_ns() const noexcept { return cuframes_frame_pts_ns(frame_); }
    std::int64_t duration_ns() const noexcept { return cuframes_frame_duration_ns(frame_); }
    /** When it was published: nanoseconds of now_ns(). */
    std::uint64_t publish_ns() const noexcept { return cuframes_frame_publish_ns(frame_); }
    /** cuframes_frame_flag_t, or-ed. */
    std::uint32_t flags() const noexcept { return cuframes_frame_flags(frame_); }
    std::int32_t width() const noexcept { return cuframes_frame_width(frame_); }
    std::int32_t height() const noexcept { return cuframes_frame_height(frame_); }
    cuframes_format_t format() const noexcept
    {
        return static_cast<cuframes_format_t>(cuframes_frame_format(frame_));
    }
    std::uint32_t plane_count() const noexcept { return cuframes_frame_plane_count(frame_); }
    /** First pixel of a plane in host memory; nullptr elsewhere. */
    const void *data(std::uint32_t plane) const noexcept
    {
        return cuframes_frame_data(frame_, plane);
    }
    /** Bytes from one row of a plane to the next. */
    std::int32_t pitch(std::uint32_t plane) const noexcept
    {
        return cuframes_frame_pitch(frame_, plane);
    }
    std::int32_t pitch_y() const noexcept { return cuframes_frame_pitch_y(frame_); }
    std::int32_t pitch_uv() const noexcept { return cuframes_frame_pitch_uv(frame_); }
    /** Plane 0: a device pointer for frames on a GPU. */
    void *cuda_ptr() const noexcept { return cuframes_frame_cuda_ptr(frame_); }
    /** Device pointer to a plane on a GPU; 0 elsewhere. */
    std::uint64_t cuda_plane(std::uint32_t plane) const noexcept
    {
        return cuframes_frame_cuda_plane(frame_, plane);
    }
    /** Where the pixels are. */
    cuframes_memory_t memory() const
    {
        const int memory = cuframes_frame_memory(frame_);
        detail::check(memory, "frame memory");
        return static_cast<cuframes_memory_t>(memory);
    }
    /** Makes a stream wait until the pixels are complete. */
    void wait_on(void *stream) const
    {
        detail::check(cuframes_frame_wait_on(frame_, stream), "wait on a stream");
    }
    /** Waits until the pixels are complete; false if they are not when the time is over. */
    bool wait_host(std::int32_t timeout_ms = -1) const
    {
        const int code = cuframes_frame_wait_host(frame_, timeout_ms);
        if (code == CUFRAMES_ERR_TIMEOUT)
            return false;
        detail::check(code, "wait for a frame");
        return true;
    }
    /** Whether the pixels are complete. */
    bool is_ready() const
    {
        const int ready = cuframes_frame_is_ready(frame_);
        detail::check(ready, "frame readiness");
        return ready != 0;
    }

    cuframes_frame_meta_t meta() const
    {
        auto meta = detail::sized<cuframes_frame_meta_t>();
        detail::check(cuframes_frame_get_meta(frame_, &meta), "frame meta");
        return meta;
    }
    cuframes_layout_t layout() const
    {
        auto layout = detail::sized<cuframes_layout_t>();
        detail::check(cuframes_frame_get_layout(frame_, &layout), "frame layout");
        return layout;
    }
    /** Copies the picture without padding, plane after plane. */
    void copy_to(void *dst, std::size_t size) const
    {
        detail::check(cuframes_frame_copy_to(frame_, dst, size), "copy frame");
    }
    /** The same frame once more: to keep it beyond the callback, or for another thread. */
    FrameRef ref() const;

    cuframes_frame_t *get() const noexcept { return frame_; }

protected:
    cuframes_frame_t *frame_;
    cuframes_subscriber_t *lender_;
};

/** A frame of one's own: released when this is destroyed. It may outlive its Subscriber. */
class FrameRef : public Frame {
public:
    FrameRef(cuframes_frame_t *frame, cuframes_subscriber_t *lender) noexcept
        : Frame(frame, lender) {}
    FrameRef(FrameRef &&other) noexcept
        : Frame(std::exchange(other.frame_, nullptr), other.lender_) {}
    FrameRef &operator=(FrameRef &&other) noexcept
    {
        std::swap(frame_, other.frame_);
        std::swap(lender_, other.lender_);
        return *this;
    }
    FrameRef(const FrameRef &) = delete;
    FrameRef &operator=(const FrameRef &) = delete;
    ~FrameRef() { give_back(); }

    /** Releases it now; CUFRAMES_ERR_EVICTED if what was read of it may be torn. */
    void release()
    {
        const int code = give_back();
        detail::check(code == CUFRAMES_ERR_EVICTED ? code : 0, "release frame");
    }

    /** Releases it when every one of the streams, CUstreams, has got here. */
    void release_on(const std::vector<void *> &streams)
    {
        cuframes_frame_t *frame = std::exchange(frame_, nullptr);
        if (!frame)
            return;
        const int code = cuframes_frame_release_on(frame, streams.data(),
                                                   static_cast<std::uint32_t>(streams.size()));
        detail::check(code, "release frame on streams");
    }

private:
    int give_back() noexcept
    {
        cuframes_frame_t *frame = std::exchange(frame_, nullptr);
        return frame ? cuframes_subscriber_release(lender_, frame) : 0;
    }
};

inline FrameRef Frame::ref() const
{
    cuframes_frame_t *again = cuframes_frame_ref(frame_);
    detail::check(again ? 0 : CUFRAMES_ERR_INVALID_ARGUMENT, "frame ref");
    return FrameRef(again, lender_);
}

} /* namespace cuframes */

#endif /* CUFRAMES_FRAME_HPP */
