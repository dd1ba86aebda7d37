/*
 * Handlers of duplex servers for C++20; include <zerobuffer/zerobuffer.h>.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef ZEROBUFFER_HANDLERS_HPP
#define ZEROBUFFER_HANDLERS_HPP

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <span>
#include <type_traits>
#include <utility>

#include <zerobuffer/frame.hpp>

namespace zerobuffer {

/**
 * Answers a request: any callable that takes a const Frame & and returns bytes, as a container
 * of them, or as a span of memory that stays where it is.
 */
class RequestHandler {
public:
    template <typename F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, RequestHandler> &&
                 std::is_invocable_v<F &, const Frame &>)
    RequestHandler(F &&handler)
        : answer_([handler = std::forward<F>(handler)](const Frame &request,
                                                       zerobuffer_response_t *response) mutable {
              const auto answer = handler(request);
              const auto bytes = std::as_bytes(std::span(answer));
              detail::check(zerobuffer_response_set(response, bytes.data(), bytes.size()));
          })
    {
    }

    void operator()(const Frame &request, zerobuffer_response_t *response)
    {
        answer_(request, response);
    }

private:
    std::function<void(const Frame &, zerobuffer_response_t *)> answer_;
};

/** Changes a request where it lies. */
using MutableHandler = std::function<void(Frame &)>;

namespace detail {

/** Runs what a handler does; an exception is what the server ends by. */
template <typename Call> int handled(Call &&call) noexcept
{
    try {
        call();
        return 0;
    } catch (const std::exception &error) {
        zerobuffer_handler_error(error.what());
    } catch (...) {
        zerobuffer_handler_error("it threw something that is no std::exception");
    }
    return -1;
}

extern "C" inline int zerobuffer_hpp_answer(void *user, const void *request, std::size_t size,
                                            std::uint64_t sequence,
                                            zerobuffer_response_t *response)
{
    return handled([&] {
        const Frame frame = Frame::view(const_cast<void *>(request), size, sequence);
        (*static_cast<RequestHandler *>(user))(frame, response);
    });
}

extern "C" inline int zerobuffer_hpp_change(void *user, void *request, std::size_t size,
                                            std::uint64_t sequence)
{
    return handled([&] {
        Frame frame = Frame::view(request, size, sequence);
        (*static_cast<MutableHandler *>(user))(frame);
    });
}

inline int start(zerobuffer_duplex_server_t *server, RequestHandler *handler, unsigned threads)
{
    return zerobuffer_duplex_server_start_immutable(server, zerobuffer_hpp_answer, handler,
                                                    threads);
}

inline int start(zerobuffer_duplex_server_t *server, MutableHandler *handler, unsigned threads)
{
    return zerobuffer_duplex_server_start_mutable(server, zerobuffer_hpp_change, handler, threads);
}

} /* namespace detail */
} /* namespace zerobuffer */

#endif /* ZEROBUFFER_HANDLERS_HPP */
