/* xxHash, with the widest vectors that this processor has where the library can tell: the sums are the same. */
#ifndef LOG_HASH_H
#define LOG_HASH_H

#include <xxhash.h>
#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>
#endif

#endif
