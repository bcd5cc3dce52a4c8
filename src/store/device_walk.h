/* A walk over all accounts of a store that have devices of POP3 (device.h), also those that nobody has open: what a policy lets go meanwhile is
 * expunged, devices that were not seen for long are forgotten. In small slices from the loop; each change is a batch like any other. */
#ifndef STORE_DEVICE_WALK_H
#define STORE_DEVICE_WALK_H

#include "store/device.h"

struct device_walk {
	struct store *store;
	struct device_rules rules;
	uint64_t at; /* the account that is looked at, 0 = before the first */
	struct account *account;
	struct mailbox *inbox;
	struct batch *batch;
	struct store_wait opening, committing;
	struct deferred next;
	bool running;
	uint64_t changed;                                 /* accounts, in this walk */
	void (*done)(struct device_walk *d, enum fail f); /* the walk is over */
	struct why why;
};

/* Nothing runs yet. `done` comes from the loop, once a walk. */
void device_walk_init(struct device_walk *d, struct store *s, void (*done)(struct device_walk *d, enum fail f));
/* Begins a walk; nothing when one is under way. */
void device_walk_run(struct device_walk *d, const struct device_rules *rules);
/* Gives up, at once: before the store is closed. */
void device_walk_stop(struct device_walk *d);

#endif
