/* Unpredictable bytes from the kernel. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *dst, size_t n); /* aborts when the kernel has none: nothing safe could follow */
uint64_t random_u64(void);

#endif
