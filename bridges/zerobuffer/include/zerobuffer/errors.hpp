/*
 * Exceptions of ZeroBuffer for C++20; include <zerobuffer/zerobuffer.h>.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef ZEROBUFFER_ERRORS_HPP
#define ZEROBUFFER_ERRORS_HPP

#include <stdexcept>
#include <string>

/* Without the C++ at its end, of which this is a part. */
#ifdef ZEROBUFFER_C_ONLY
#include <zerobuffer/zerobuffer.h>
#else
#define ZEROBUFFER_C_ONLY
#include <zerobuffer/zerobuffer.h>
#undef ZEROBUFFER_C_ONLY
#endif

namespace zerobuffer {

/** What every failure throws, or a class of its own below. */
class zerobuffer_exception : public std::runtime_error {
public:
    zerobuffer_exception(int code, const std::string &sentence)
        : std::runtime_error(sentence), code_(code) {}

    /** A zerobuffer_error_t. */
    int code() const noexcept { return code_; }

private:
    int code_;
};

/** There is no buffer of this name; its reader creates it. */
class buffer_not_found_exception : public zerobuffer_exception {
    using zerobuffer_exception::zerobuffer_exception;
};
/** The buffer has a live writer. */
class writer_already_connected_exception : public zerobuffer_exception {
    using zerobuffer_exception::zerobuffer_exception;
};
/** The buffer has a live reader. */
class reader_already_connected_exception : public zerobuffer_exception {
    using zerobuffer_exception::zerobuffer_exception;
};
/** No space was given back in time. */
class buffer_full_exception : public zerobuffer_exception {
    using zerobuffer_exception::zerobuffer_exception;
};
/** The reader is gone. */
class reader_dead_exception : public zerobuffer_exception {
    using zerobuffer_exception::zerobuffer_exception;
};
/** The writer is gone, and everything that it wrote was read. */
class writer_dead_exception : public zerobuffer_exception {
    using zerobuffer_exception::zerobuffer_exception;
};
/** A frame that the buffer cannot take. */
class frame_too_large_exception : public zerobuffer_exception {
    using zerobuffer_exception::zerobuffer_exception;
};
/** A frame without data. */
class invalid_frame_size_exception : public zerobuffer_exception {
    using zerobuffer_exception::zerobuffer_exception;
};
/** Metadata is written once in a buffer's life. */
class metadata_already_written_exception : public zerobuffer_exception {
    using zerobuffer_exception::zerobuffer_exception;
};
/** Metadata that does not fit. */
class metadata_too_large_exception : public zerobuffer_exception {
    using zerobuffer_exception::zerobuffer_exception;
};
/** A frame is missing, or a writer counts otherwise. */
class sequence_error_exception : public zerobuffer_exception {
    using zerobuffer_exception::zerobuffer_exception;
};

namespace detail {

[[noreturn]] inline void fail(int code)
{
    const std::string sentence = zerobuffer_last_error();
    switch (code) {
    case ZEROBUFFER_ERR_BUFFER_NOT_FOUND:
        throw buffer_not_found_exception(code, sentence);
    case ZEROBUFFER_ERR_WRITER_ALREADY_CONNECTED:
        throw writer_already_connected_exception(code, sentence);
    case ZEROBUFFER_ERR_READER_ALREADY_CONNECTED:
        throw reader_already_connected_exception(code, sentence);
    case ZEROBUFFER_ERR_BUFFER_FULL:
        throw buffer_full_exception(code, sentence);
    case ZEROBUFFER_ERR_READER_DEAD:
        throw reader_dead_exception(code, sentence);
    case ZEROBUFFER_ERR_WRITER_DEAD:
        throw writer_dead_exception(code, sentence);
    case ZEROBUFFER_ERR_FRAME_TOO_LARGE:
    case ZEROBUFFER_ERR_FRAME_UNPLACEABLE:
        throw frame_too_large_exception(code, sentence);
    case ZEROBUFFER_ERR_INVALID_FRAME_SIZE:
        throw invalid_frame_size_exception(code, sentence);
    case ZEROBUFFER_ERR_METADATA_ALREADY_WRITTEN:
        throw metadata_already_written_exception(code, sentence);
    case ZEROBUFFER_ERR_METADATA_TOO_LARGE:
        throw metadata_too_large_exception(code, sentence);
    case ZEROBUFFER_ERR_SEQUENCE_GAP:
        throw sequence_error_exception(code, sentence);
    default:
        throw zerobuffer_exception(code, sentence);
    }
}

/** Throws what a function of zerobuffer.h says, if that is an error. */
inline int check(int code)
{
    if (code < 0)
        fail(code);
    return code;
}

} /* namespace detail */
} /* namespace zerobuffer */

#endif /* ZEROBUFFER_ERRORS_HPP */
