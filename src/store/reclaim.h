/* Giving disk space back while the store serves: segments of the log in which little is still needed are emptied and removed. One round at a
 * time: what to do, and how fast, is the caller's to say. The danger list and its answers: INV-28 in doc/STORE-FORMAT.md. */
#ifndef STORE_RECLAIM_H
#define STORE_RECLAIM_H

#include "store/store.h"

struct reclaim_order {
	unsigned percent;      /* sealed segments of which less than this in a hundred is live are emptied; 100: all */
	uint64_t least;        /* not for fewer octets than this in a segment */
	int64_t purged_before; /* segments with bytes that were purged before this time are emptied too; 0 = not */
	uint64_t bytes_per_second; /* of what is read and written again; 0 = as fast as it goes */
	uint64_t most;             /* octets that may be moved in this round; 0 = 1 GB */
	bool compress;             /* what is moved is compressed where that saves a tenth */
	/* With `compress`: when there is nothing else to do, segments in which nothing is newer than this are compressed, slowly; 0 = none */
	int64_t compress_before;
};

struct reclaim_result {
	uint64_t segments, bytes;       /* removed */
	uint64_t messages, moved_bytes; /* whose bytes were written again */
	uint64_t snapshots;             /* of accounts, written so that segments could go */
};

/* One round. FAIL_BUSY: `done` follows, *out is set. FAIL_CONFLICT: one is under way. A failure loses nothing: what was moved
 * stays moved, what was not removed stays. Cancelling the wait leaves the round to run on. */
FAILS store_reclaim(
	struct store *s, const struct reclaim_order *order, struct reclaim_result *out, struct store_wait *w);
/* Ends the round under way soon, with FAIL_CLOSED. */
void store_reclaim_stop(struct store *s);

struct reclaim_figures {
	bool running;
	uint64_t log_bytes; /* now */
	uint64_t live_bytes,
		kept_bytes;      /* as of the last survey: needed, kept ones among them; 0 = there was none yet */
	uint64_t surveyed_bytes; /* of the log, then */
	uint64_t reclaimed_bytes, moved_bytes, removed_segments; /* since the store was opened */
};
void store_reclaim_figures(const struct store *s, struct reclaim_figures *out);

#endif
