/*
 * ZeroBuffer for C++20: RAII over zerobuffer.h, header only. Link with -lzerobuffer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whatever fails throws a zerobuffer_exception, except where a function says what it returns
 * instead. Objects are moved, not copied. What zerobuffer.h says about threads holds here too.
 */

#ifndef ZEROBUFFER_HPP
#define ZEROBUFFER_HPP

#include <zerobuffer/zerobuffer.h>

#include <zerobuffer/channel.hpp>
#include <zerobuffer/duplex.hpp>
#include <zerobuffer/errors.hpp>

#endif /* ZEROBUFFER_HPP */
