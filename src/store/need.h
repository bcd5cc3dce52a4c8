/* Which segments of the log a rebuild of an account would need for its state: those with the newest snapshot and the batches since. Kept to
 * a few ranges, so it may name more than there are, never fewer. */
#ifndef STORE_NEED_H
#define STORE_NEED_H

#include "base/buf.h"

#include <stdbool.h>

enum { NEED_RANGES = 4 };

struct need_range {
	uint32_t first, last;
};
struct need {
	struct need_range range[NEED_RANGES + 1]; /* ascending, apart; the last place is for a moment only */
	unsigned count;
	uint64_t changes;  /* octets of the batches since the snapshot */
	uint64_t snapshot; /* octets of the snapshot, 0 when there is none */
};

/* A batch of `octets` stands in `segment`, which is not below any before. */
void need_batch(struct need *n, uint32_t segment, uint64_t octets);
/* A complete snapshot takes the place of all before it. */
void need_snapshot(struct need *n, uint32_t first, uint32_t last, uint64_t octets);
bool need_names(const struct need *n, uint32_t segment);
/* How many segments it names. */
uint64_t need_segments(const struct need *n);

void need_encode(const struct need *n, struct buf *out);
/* Cuts it off `in`; false when that is no such thing. */
bool need_decode(struct span *in, struct need *out);

#endif
