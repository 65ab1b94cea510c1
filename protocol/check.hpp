// Assertions that stay in release builds. They guard against bugs of Gavel's own, and are never reachable from input.
#pragma once

#include <cstdio>
#include <cstdlib>

#define GAVEL_CHECK(condition)                                                                      \
    do {                                                                                            \
        if (!(condition)) {                                                                         \
            std::fprintf(stderr, "%s:%d: bug: %s does not hold\n", __FILE__, __LINE__, #condition); \
            std::abort();                                                                           \
        }                                                                                           \
    } while (false)
