/* A load generator that cannot go on, or was answered wrongly, says so and counts nothing: exit code 1. */
#ifndef LOAD_DIE_H
#define LOAD_DIE_H

#include "base/attr.h"

NORETURN void die(const char *fmt, ...) PRINTF(1, 2);

#endif
