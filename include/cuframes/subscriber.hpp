/*
 * Subscribers of cuframes for C++; include <cuframes/cuframes.hpp>.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef CUFRAMES_SUBSCRIBER_HPP
#define CUFRAMES_SUBSCRIBER_HPP

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <cuframes/cuframes.h>
#include <cuframes/frame.hpp>

namespace cuframes {

/** See cuframes_subscriber_config_t; whatever is 0 or empty is the default. */
struct SubscriberOptions {
    std::string key;
    std::string consumer_name = {};
    cuframes_mode_t mode = CUFRAMES_MODE_NEWEST_ONLY;
    std::int32_t connect_timeout_ms = 0;
    std::uint32_t every_nth = 0;
    std::uint64_t min_interval_ns = 0;
    bool reattach = true;
    std::uint32_t spin_us = 0;
    std::vector<std::uint32_t> allow_uids = {};
    std::int32_t cuda_device = 0;
    cuframes_cuda_t cuda = CUFRAMES_CUDA_NONE;
    /** A CUcontext, for CUFRAMES_CUDA_CONTEXT. */
    void *cuda_context = nullptr;
    cuframes_packets_t packets = CUFRAMES_PACKETS_NONE;
    cuframes_packet_start_t packets_from = CUFRAMES_PACKETS_FROM_KEYFRAME;

    /** The same for C; it points into this. */
    cuframes_subscriber_config_t config() const noexcept
    {
        auto config = detail::sized<cuframes_subscriber_config_t>();
        config.key = key.c_str();
        config.consumer_name = consumer_name.empty() ? nullptr : consumer_name.c_str();
        config.mode = mode;
        config.cuda_device = cuda_device;
        config.cuda = cuda;
        config.cuda_context = cuda_context;
        config.connect_timeout_ms = connect_timeout_ms;
        config.every_nth = every_nth;
        config.min_interval_ns = min_interval_ns;
        config.no_reattach = !reattach;
        config.spin_us = spin_us;
        config.allow_uids = allow_uids.data();
        config.allow_uid_count = static_cast<std::uint32_t>(allow_uids.size());
        config.packets = packets;
        config.packets_from = packets_from;
        return config;
    }
};

/** What a decoder has to know before the first packet. */
struct CodecParams {
    /** A cuframes_codec_t, or another fourcc. */
    std::uint32_t codec = 0;
    std::vector<std::uint8_t> extradata = {};
};

/** Reads the frames of a key, and its packets. */
class Subscriber {
public:
    /** Told of a cuframes_event_t and the epoch, inside of next(). */
    using OnEvent = std::function<void(std::int32_t event, std::uint64_t epoch)>;

    explicit Subscriber(const SubscriberOptions &options)
    {
        const auto config = options.config();
        cuframes_subscriber_t *subscriber;
        detail::check(cuframes_subscriber_create(&config, &subscriber), "create subscriber");
        subscriber_.reset(subscriber);
    }

    /**
     * The next frame; nothing if none came within timeout_ms (0 polls, negative waits for
     * ever) or the stream has ended, which ended() tells. What on_event throws comes out here.
     */
    std::optional<FrameRef> next(std::int32_t timeout_ms = -1, void *stream = nullptr)
    {
        cuframes_frame_t *frame;
        const int code = cuframes_subscriber_next(get(), stream, &frame, timeout_ms);
        std::optional<FrameRef> next;
        if (code == CUFRAMES_OK)
            next.emplace(frame, get());
        if (events_ && events_->thrown)
            std::rethrow_exception(std::exchange(events_->thrown, nullptr));
        ended_ = code == CUFRAMES_ERR_END_OF_STREAM;
        if (!ended_ && code != CUFRAMES_ERR_WOULD_BLOCK && code != CUFRAMES_ERR_TIMEOUT)
            detail::check(code, "next frame");
        return next;
    }
    /**
     * The next packet, whose data stays valid until the next call; nothing as with next(). An
     * Error of CUFRAMES_ERR_PACKET_OVERRUN tells of a loss: call again.
     */
    std::optional<cuframes_packet_t> next_packet(std::int32_t timeout_ms = -1)
    {
        auto packet = detail::sized<cuframes_packet_t>();
        const int code = cuframes_subscriber_next_packet(get(), &packet, timeout_ms);
        if (events_ && events_->thrown)
            std::rethrow_exception(std::exchange(events_->thrown, nullptr));
        ended_ = code == CUFRAMES_ERR_END_OF_STREAM;
        if (code == CUFRAMES_OK)
            return packet;
        if (!ended_ && code != CUFRAMES_ERR_WOULD_BLOCK && code != CUFRAMES_ERR_TIMEOUT)
            detail::check(code, "next packet");
        return std::nullopt;
    }
    /** Of the packet read last; an Error of CUFRAMES_ERR_NO_CODEC_PARAMS if there are none. */
    CodecParams codec_params() const
    {
        CodecParams params;
        std::size_t size = 4032;
        params.extradata.resize(size);
        detail::check(cuframes_subscriber_get_codec_params(get(), &params.codec,
                                                           params.extradata.data(), &size),
                      "codec params");
        params.extradata.resize(size);
        return params;
    }
    /** True if next() or next_packet() gave nothing because the publisher ended the stream. */
    bool ended() const noexcept { return ended_; }

    void on_event(OnEvent handler)
    {
        auto events = std::make_unique<Events>();
        events->handler = std::move(handler);
        detail::check(cuframes_subscriber_set_event_callback(get(), &Events::tell, events.get()),
                      "set event callback");
        events_ = std::move(events);
    }
    /** For an event loop: when readable, call next(0) and next_packet(0) until each is nothing. */
    int fd() const
    {
        const int fd = cuframes_subscriber_fd(get());
        detail::check(fd, "subscriber fd");
        return fd;
    }
    /** From the next disconnection on; negative waits for ever, 0 does not. */
    void set_connect_timeout(std::int32_t timeout_ms)
    {
        detail::check(cuframes_subscriber_set_connect_timeout(get(), timeout_ms),
                      "set connect time-out");
    }
    /** Frames that may be held at a time. */
    int max_leases() const
    {
        const int frames = cuframes_subscriber_max_leases(get());
        detail::check(frames, "max leases");
        return frames;
    }
    cuframes_subscriber_stats_t stats() const
    {
        auto stats = detail::sized<cuframes_subscriber_stats_t>();
        detail::check(cuframes_subscriber_get_stats(get(), &stats), "subscriber stats");
        return stats;
    }
    cuframes_layout_t layout() const
    {
        auto layout = detail::sized<cuframes_layout_t>();
        detail::check(cuframes_subscriber_get_layout(get(), &layout), "subscriber layout");
        return layout;
    }
    cuframes_stream_info_t stream_info() const
    {
        auto info = detail::sized<cuframes_stream_info_t>();
        detail::check(cuframes_subscriber_get_stream_info(get(), &info), "stream info");
        return info;
    }

    cuframes_subscriber_t *get() const noexcept { return subscriber_.get(); }

private:
    struct Events {
        OnEvent handler;
        std::exception_ptr thrown;

        static void tell(void *user, std::int32_t event, std::uint64_t epoch) noexcept
        {
            auto &events = *static_cast<Events *>(user);
            try {
                if (events.handler)
                    events.handler(event, epoch);
            } catch (...) {
                events.thrown = std::current_exception();
            }
        }
    };

    std::unique_ptr<Events> events_;
    detail::Handle<cuframes_subscriber_t, cuframes_subscriber_destroy> subscriber_;
    bool ended_ = false;
};

/** Calls back with every frame, on a thread of its own, until it is stopped or destroyed. */
class AsyncSubscriber {
public:
    using OnFrame = std::function<void(const Frame &)>;
    /** Told once why there will be no further frame, the end of the stream included. */
    using OnError = std::function<void(const Error &)>;

    /** What on_frame throws ends the subscription, and on_error is told. */
    AsyncSubscriber(const SubscriberOptions &options, OnFrame on_frame, OnError on_error = {})
        : callbacks_(std::make_shared<Callbacks>())
    {
        callbacks_->on_frame = std::move(on_frame);
        callbacks_->on_error = std::move(on_error);
        const auto config = options.config();
        cuframes_async_subscriber_t *subscriber;
        detail::check(cuframes_async_subscriber_create(&config, &Callbacks::frame,
                                                       &Callbacks::error, callbacks_.get(),
                                                       &subscriber),
                      "create async subscriber");
        subscriber_.reset(subscriber);
    }

    /** Returns when the last call is over; at once when called from a callback. */
    void stop() noexcept { subscriber_.reset(); }

private:
    struct Callbacks : std::enable_shared_from_this<Callbacks> {
        OnFrame on_frame;
        OnError on_error;

        static int frame(void *user, cuframes_frame_t *frame) noexcept
        {
            /* A callback may destroy its own subscriber. */
            const auto self = static_cast<Callbacks *>(user)->shared_from_this();
            try {
                self->on_frame(Frame(frame));
                return 0;
            } catch (const Error &thrown) {
                error(user, thrown.code(), thrown.what());
            } catch (const std::exception &thrown) {
                error(user, CUFRAMES_ERR_SYSTEM, thrown.what());
            } catch (...) {
                error(user, CUFRAMES_ERR_SYSTEM, "on_frame threw something");
            }
            return 1;
        }
        static void error(void *user, int code, const char *message) noexcept
        {
            const auto self = static_cast<Callbacks *>(user)->shared_from_this();
            try {
                if (self->on_error)
                    self->on_error(Error(code, "subscription", message));
            } catch (...) {
                /* Nobody is left who could be told. */
            }
        }
    };

    std::shared_ptr<Callbacks> callbacks_;
    detail::Handle<cuframes_async_subscriber_t, cuframes_async_subscriber_destroy> subscriber_;
};

} /* namespace cuframes */

#endif /* CUFRAMES_SUBSCRIBER_HPP */
