/* Giving disk space back: segments of the log in which little is still needed are emptied and removed. */
#ifndef STORE_COMPACT_H
#define STORE_COMPACT_H

#include "store/store.h"

struct store_compaction {
	uint64_t segments, bytes;       /* removed */
	uint64_t messages, moved_bytes; /* whose bytes were written again */
};

/* Empties and removes the segments of which less than `percent` in a hundred is live (100: all that are sealed). No account may be open
 * and nothing in flight: for a store that was just opened, before it serves. FAIL_CONFLICT otherwise. Waits for the disk. A failure
 * loses nothing: what was moved stays moved, what was not removed stays. */
FAILS store_compact(struct store *s, unsigned percent, struct store_compaction *out, struct why *w);

#endif
