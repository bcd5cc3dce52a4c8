/* The word that somebody meant: for "did you mean". */
#ifndef CONF_NEAREST_H
#define CONF_NEAREST_H

#include "base/span.h"

/* The number of letters to insert, delete or replace between `a` and `b`; ASCII case does not count. Words are looked at up to 64
 * bytes. */
unsigned nearest_distance(struct span a, struct span b);

/* A search: begin, offer every word there is, then look. */
struct nearest {
	struct span given;
	const char *best; /* "" before the first offer */
	unsigned distance;
};
void nearest_begin(struct nearest *n, struct span given);
void nearest_offer(struct nearest *n, const char *word);
/* The best, unless nothing comes close: NULL. */
const char *nearest_close(const struct nearest *n);

#endif
