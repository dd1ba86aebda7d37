/*
 * Frames of ZeroBuffer for C++20; include <zerobuffer/zerobuffer.h>.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef ZEROBUFFER_FRAME_HPP
#define ZEROBUFFER_FRAME_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include <zerobuffer/errors.hpp>

namespace zerobuffer {
namespace detail {

template <typename T, int (*destroy)(T *)> struct Destroy {
    void operator()(T *handle) const noexcept { destroy(handle); }
};
template <typename T, int (*destroy)(T *)> using Handle = std::unique_ptr<T, Destroy<T, destroy>>;

} /* namespace detail */

/**
 * A frame in place, given back when it goes out of scope, by release(), or by
 * Reader::release_frame(). It may outlive its reader, and frames are released in any order.
 */
class Frame {
public:
    Frame() noexcept = default;
    Frame(Frame &&other) noexcept { swap(other); }
    Frame &operator=(Frame &&other) noexcept
    {
        Frame taken(std::move(other));
        swap(taken);
        return *this;
    }

    /** What a read returns when its time is over. */
    static Frame invalid() noexcept { return Frame(); }
    bool valid() const noexcept { return data_ != nullptr; }
    explicit operator bool() const noexcept { return valid(); }

    const std::uint8_t *data() const noexcept { return data_; }
    /** Its bytes, which may be changed where they lie. */
    std::uint8_t *data() noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    std::span<const std::uint8_t> span() const noexcept { return {data_, size_}; }
    std::span<std::uint8_t> mutable_span() noexcept { return {data_, size_}; }

    /** The number that its writer gave it; of a response, that of its request. */
    std::uint64_t sequence() const noexcept { return sequence_; }

    /** Gives its space back; it is invalid from then on. */
    void release() noexcept { *this = Frame(); }

    /** A frame that zerobuffer.h has lent. */
    static Frame lent(zerobuffer_frame_t *frame, std::uint64_t sequence)
    {
        Frame result = view(zerobuffer_frame_mutable_data(frame), zerobuffer_frame_size(frame),
                            sequence);
        result.handle_.reset(frame);
        return result;
    }

    /** A frame that somebody else holds, as a handler gets it. */
    static Frame view(void *data, std::size_t size, std::uint64_t sequence) noexcept
    {
        Frame result;
        result.data_ = static_cast<std::uint8_t *>(data);
        result.size_ = size;
        result.sequence_ = sequence;
        return result;
    }

private:
    void swap(Frame &other) noexcept
    {
        std::swap(handle_, other.handle_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(sequence_, other.sequence_);
    }

    detail::Handle<zerobuffer_frame_t, zerobuffer_frame_release> handle_;
    std::uint8_t *data_ = nullptr;
    std::size_t size_ = 0;
    std::uint64_t sequence_ = 0;
};

} /* namespace zerobuffer */

#endif /* ZEROBUFFER_FRAME_HPP */
