/*
 * cuframes for C++17: RAII over cuframes.h, header only. Link with -lcuframes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whatever fails throws cuframes::Error, except where a function says what it returns instead.
 * Objects are moved, not copied. What cuframes.h says about threads holds here too.
 *
 *     cuframes::Subscriber subscriber({"cam1"});
 *     while (auto frame = subscriber.next())
 *         std::cout << frame->seq() << '\n';
 */

#ifndef CUFRAMES_HPP
#define CUFRAMES_HPP

#include <cuframes/cuframes.h>
#include <cuframes/frame.hpp>
#include <cuframes/publisher.hpp>
#include <cuframes/subscriber.hpp>

#endif /* CUFRAMES_HPP */
