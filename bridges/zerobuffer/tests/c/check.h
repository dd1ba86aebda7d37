/* Checks that count themselves. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

#include <zerobuffer/zerobuffer.h>

static int checks;

#define CHECK(condition)                                                       \
    do {                                                                       \
        checks++;                                                              \
        if (!(condition)) {                                                    \
            fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #condition,        \
                    zerobuffer_last_error());                                  \
            return 1;                                                          \
        }                                                                      \
    } while (0)

#endif
