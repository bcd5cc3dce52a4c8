/* Heap memory that cannot fail: without memory the process aborts and its supervisor starts it again.
 * Sizes that come from a peer or a disk are checked against a named limit before they get here. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

#include "base/attr.h"
#include "base/banned.h"

void *memory_new(size_t size) MUST_USE __attribute__((malloc, returns_nonnull)); /* zeroed */
void *memory_resize(void *p, size_t size) MUST_USE __attribute__((returns_nonnull));
/* `count` elements of `size` bytes, overflow checked. */
void *memory_resize_array(void *p, size_t count, size_t size) MUST_USE __attribute__((returns_nonnull));
char *memory_dup(const char *cstr) MUST_USE __attribute__((returns_nonnull));

#define NEW(type) ((type *)memory_new(sizeof(type)))

#endif
