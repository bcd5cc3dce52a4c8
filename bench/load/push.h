/* How soon those who wait learn of new mail: every session of a crowd in IDLE is told of each delivery. */
#ifndef LOAD_PUSH_H
#define LOAD_PUSH_H

#include "crowd.h"

struct push {
	struct histogram after_answer; /* from LMTP's 250 (0 when the client was told before it) */
	struct histogram after_start;  /* from the delivery's MAIL */
	uint64_t deliveries, told;
};

/* Delivers `deliveries` messages one after another through `sender` (a crowd of one session, set up, whose loop is one
 * delivery to the next account) and waits each time until every watcher of that account has been told. No
 * delivery begins once watchers->end_us is set. */
void push_run(struct push *push, struct crowd *watchers, struct session *sessions, unsigned count, struct crowd *sender,
	struct session *deliverer, unsigned deliveries);

#endif
