/* The end of what is kept (kept.h): a walk over all accounts of a store, also those that nobody has open, that purges what is too old or too much.
 * In small slices from the loop; each purge is a batch like any other. */
#ifndef STORE_EXPIRE_H
#define STORE_EXPIRE_H

#include "store/kept.h"

struct expire_limits {
	uint64_t seconds; /* what went longer ago goes for good */
	uint64_t bytes;   /* the most that an account keeps, the oldest go first; 0 = no bound */
};

struct expiry {
	struct store *store;
	struct expire_limits limits;
	uint64_t account; /* the one that is looked at, 0 = before the first */
	struct account *open;
	struct batch *batch;
	struct store_wait wait;
	struct deferred next;
	bool running;
	uint64_t purged;                             /* messages, in this walk */
	void (*done)(struct expiry *e, enum fail f); /* the walk is over; e->wait.why */
};

/* Nothing runs yet. `done` comes from the loop, once a walk. */
void expiry_init(struct expiry *e, struct store *s, void (*done)(struct expiry *e, enum fail f));
/* Begins a walk; nothing when one is under way. */
void expiry_run(struct expiry *e, const struct expire_limits *limits);
/* Gives up, at once: before the store is closed. */
void expiry_stop(struct expiry *e);

#endif
