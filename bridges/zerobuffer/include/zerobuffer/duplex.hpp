/*
 * Duplex channels of ZeroBuffer for C++20; include <zerobuffer/zerobuffer.h>.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef ZEROBUFFER_DUPLEX_HPP
#define ZEROBUFFER_DUPLEX_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <zerobuffer/channel.hpp>
#include <zerobuffer/handlers.hpp>

namespace zerobuffer {

/** Sends requests and receives responses; one thread may send while another receives. */
class IDuplexClient {
public:
    virtual ~IDuplexClient() = default;

    /** Sends a copy of a request; its number, which the response will have. */
    virtual std::uint64_t sendRequest(const void *data, std::size_t size) = 0;
    /** Space in the ring for a request, and its number; lent until commitRequest(). */
    virtual std::pair<std::uint64_t, std::span<std::uint8_t>>
    acquireRequestBuffer(std::size_t size) = 0;
    virtual void commitRequest() = 0;
    /** The next response, with the number of its request; invalid if none comes in time. */
    virtual Frame receiveResponse(int timeout_ms) = 0;
    virtual bool isServerConnected() const = 0;
    /** Drops the response to this request when it comes; false if none is awaited. */
    virtual bool cancelRequest(std::uint64_t request) = 0;
};

/** What servers of both kinds have in common. */
class IDuplexServer {
public:
    virtual ~IDuplexServer() = default;

    /** Waits until it has ended; in a handler it only asks for the end. */
    virtual void stop() = 0;
    virtual bool isRunning() const = 0;
    /** Throws the last error of its handler or its buffers, if there was one. */
    virtual void throwError() const = 0;
};

/** How many handlers run at a time. */
enum class ProcessingMode {
    SINGLE_THREAD, /**< One request after the other. */
    THREAD_POOL,   /**< Several; responses keep the order of the requests. */
};

/** Answers requests with new bytes. */
class IImmutableDuplexServer : public IDuplexServer {
public:
    /** is_async changes nothing: a server always runs in threads of its own. */
    virtual void start(RequestHandler handler, bool is_async = false) = 0;
    virtual void start(RequestHandler handler, ProcessingMode mode, unsigned threads) = 0;
};

/** Changes requests where they lie; what the handler makes of them is the response. */
class IMutableDuplexServer : public IDuplexServer {
public:
    /** is_async changes nothing: a server always runs in threads of its own. */
    virtual void start(MutableHandler handler, bool is_async = false) = 0;
    virtual void start(MutableHandler handler, ProcessingMode mode, unsigned threads) = 0;
};

namespace detail {

template <typename Interface, typename Handler> class Server final : public Interface {
public:
    Server(const std::string &channel, const BufferConfig &config)
    {
        const zerobuffer_config_t wanted = config_of(config);
        zerobuffer_duplex_server_t *server = nullptr;
        check(zerobuffer_duplex_server_create(channel.c_str(), &wanted, &server));
        handle_.reset(server);
    }

    void start(Handler handler, bool = false) override
    {
        start(std::move(handler), ProcessingMode::SINGLE_THREAD, 0);
    }

    void start(Handler handler, ProcessingMode mode, unsigned threads) override
    {
        const bool pool = mode == ProcessingMode::THREAD_POOL;
        auto next = std::make_unique<Handler>(std::move(handler));
        check(detail::start(handle_.get(), next.get(), pool ? std::max(threads, 1u) : 0));
        handler_ = std::move(next);
    }

    void stop() override { check(zerobuffer_duplex_server_stop(handle_.get())); }
    bool isRunning() const override
    {
        return check(zerobuffer_duplex_server_is_running(handle_.get())) != 0;
    }
    void throwError() const override { check(zerobuffer_duplex_server_error(handle_.get())); }

private:
    /* Outlives the server, which is destroyed before it. */
    std::unique_ptr<Handler> handler_;
    Handle<zerobuffer_duplex_server_t, zerobuffer_duplex_server_destroy> handle_;
};

class Client final : public IDuplexClient {
public:
    Client(const std::string &channel, const BufferConfig &responses,
           std::chrono::milliseconds timeout)
    {
        const zerobuffer_config_t wanted = config_of(responses);
        zerobuffer_duplex_client_t *client = nullptr;
        check(zerobuffer_duplex_client_connect(channel.c_str(), &wanted, timeout_of(timeout),
                                               &client));
        handle_.reset(client);
    }

    std::uint64_t sendRequest(const void *data, std::size_t size) override
    {
        std::uint64_t sequence = 0;
        check(zerobuffer_duplex_client_send_request(handle_.get(), data, size, &sequence));
        return sequence;
    }

    std::pair<std::uint64_t, std::span<std::uint8_t>>
    acquireRequestBuffer(std::size_t size) override
    {
        void *data = nullptr;
        std::uint64_t sequence = 0;
        check(zerobuffer_duplex_client_acquire_request_buffer(handle_.get(), size, &data,
                                                              &sequence));
        return {sequence, {static_cast<std::uint8_t *>(data), size}};
    }

    void commitRequest() override
    {
        check(zerobuffer_duplex_client_commit_request(handle_.get()));
    }

    Frame receiveResponse(int timeout_ms) override
    {
        zerobuffer_frame_t *frame = nullptr;
        std::uint64_t request = 0;
        const int code = zerobuffer_duplex_client_receive_response(
            handle_.get(), std::max(timeout_ms, 0), &frame, &request);
        if (code == ZEROBUFFER_ERR_TIMEOUT)
            return Frame::invalid();
        check(code);
        return Frame::lent(frame, request);
    }

    bool isServerConnected() const override
    {
        return check(zerobuffer_duplex_client_is_server_connected(handle_.get())) != 0;
    }

    bool cancelRequest(std::uint64_t request) override
    {
        return check(zerobuffer_duplex_client_cancel(handle_.get(), request)) != 0;
    }

private:
    Handle<zerobuffer_duplex_client_t, zerobuffer_duplex_client_destroy> handle_;
};

} /* namespace detail */

/** Makes the servers and clients of duplex channels. */
class IDuplexChannelFactory {
public:
    virtual ~IDuplexChannelFactory() = default;

    virtual std::unique_ptr<IImmutableDuplexServer>
    createImmutableServer(const std::string &channel_name, const BufferConfig &config) = 0;
    virtual std::unique_ptr<IMutableDuplexServer>
    createMutableServer(const std::string &channel_name, const BufferConfig &config) = 0;
    /** Connects; waits up to 5 s for the server. */
    virtual std::unique_ptr<IDuplexClient> createClient(const std::string &channel_name) = 0;
    /** As above, with another buffer for responses than one of 256 MiB. */
    virtual std::unique_ptr<IDuplexClient> createClient(const std::string &channel_name,
                                                        const BufferConfig &responses,
                                                        std::chrono::milliseconds timeout) = 0;

    static IDuplexChannelFactory &getInstance();
};

/** The only factory that there is. */
class DuplexChannelFactory final : public IDuplexChannelFactory {
public:
    std::unique_ptr<IImmutableDuplexServer>
    createImmutableServer(const std::string &channel_name, const BufferConfig &config) override
    {
        using Server = detail::Server<IImmutableDuplexServer, RequestHandler>;
        return std::make_unique<Server>(channel_name, config);
    }
    std::unique_ptr<IMutableDuplexServer>
    createMutableServer(const std::string &channel_name, const BufferConfig &config) override
    {
        using Server = detail::Server<IMutableDuplexServer, MutableHandler>;
        return std::make_unique<Server>(channel_name, config);
    }
    std::unique_ptr<IDuplexClient> createClient(const std::string &channel_name) override
    {
        return createClient(channel_name, BufferConfig(), default_timeout);
    }
    std::unique_ptr<IDuplexClient> createClient(const std::string &channel_name,
                                                const BufferConfig &responses,
                                                std::chrono::milliseconds timeout) override
    {
        return std::make_unique<detail::Client>(channel_name, responses, timeout);
    }
};

inline IDuplexChannelFactory &IDuplexChannelFactory::getInstance()
{
    static DuplexChannelFactory factory;
    return factory;
}

} /* namespace zerobuffer */

#endif /* ZEROBUFFER_DUPLEX_HPP */
