/* Memory that lives until one visible moment: the end of a step, a command, a connection.
 * What is in an arena must not be stored in what outlives it; resets poison it under sanitizers. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/span.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t used; /* bytes handed out since the last reset */
	size_t max;  /* budget: past it arena_alloc answers NULL */
};

/* At most `max` bytes at a time; allocates nothing yet. */
void arena_init(struct arena *a, size_t max);
void arena_fini(struct arena *a);
void arena_reset(struct arena *a); /* everything handed out is gone; keeps no memory but the first block */

/* Zeroed, aligned memory, or NULL past the budget. */
MUST_USE void *arena_alloc(struct arena *a, size_t size);
/* A copy; {NULL, 0} past the budget (so test .p). A NUL follows the copy. */
MUST_USE struct span arena_dup(struct arena *a, struct span s);

#endif
