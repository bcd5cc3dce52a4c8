/* Faults that tests plant at the store's lower edge: how often each kind of call was made, and which one goes wrong, and how. The faulty
 * disk (log/faulty.h) and the faulty index engine (kv/faulty.h) ask here at every call; nothing of the server does.
 *
 * The table is plain memory without pointers, so it can be a file that a driver has mapped too: the counters outlive the process, a fault
 * that was met is not met again by the next one, and new orders come in while the process runs. Safe from several threads. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdint.h>

#include "base/span.h"
#include "base/why.h"

enum fault_call {
#define CALL(name, word) FAULT_##name,
#include "base/fault.def"
	FAULT_CALLS
};
enum fault_what {
#define WHAT(name, word, fail) FAULT_DO_##name,
#include "base/fault.def"
	FAULT_WHATS
};

struct fault_row {
	uint64_t calls;       /* made so far */
	uint64_t met;         /* of them, those that were spoiled */
	uint64_t left;        /* calls until the first that is; 0: none by number */
	uint64_t every;       /* from there on every so many; 0: only that one */
	uint32_t per_million; /* chance of each call, besides */
	uint32_t what, arg;
	uint32_t spare;
};

enum { FAULT_ORDERS_MAX = 2048 };
struct fault_table {
	char magic[8]; /* "BARIDFLT" */
	uint64_t given,
		taken;   /* a driver writes `orders`, then raises `given`; when both are equal they have been taken */
	uint64_t random; /* state of the dice */
	uint64_t played; /* EINTR and PART that a system call has taken up */
	struct fault_row rows[FAULT_CALLS];
	char orders[FAULT_ORDERS_MAX]; /* NUL-terminated, as fault_order has them */
};

/* Makes a table that is all zeros ready; leaves one that is in use as it is. False when it is something else. */
bool fault_table_init(struct fault_table *t);
/* Orders, separated by spaces:  CALL:WHEN=WHAT[:ARG]  for a fault,  seed=N  for the dice,  none  to take all faults back.
 * WHEN counts from now: `3` the third call, `3+` that and all later ones, `3/7` that and every seventh from there, `p0.01` one of a hundred.
 * One fault a call; a later order takes the place of an earlier one. FAIL_SYNTAX names the order. */
FAILS fault_order(struct fault_table *t, struct span orders, struct why *w);

/* What becomes of one call: counted, and what stalls or kills has been done. */
struct fault {
	enum fault_what what;
	uint32_t arg;
};
struct fault fault_meet(struct fault_table *t, enum fault_call call);
/* The failure of a call that is not to be made; FAIL_NONE: make it. */
FAILS fault_before(const struct fault *f, struct why *w);
/* The result of a call that was made and ended with `result`. */
FAILS fault_after(const struct fault *f, enum fail result, struct why *w);

const char *fault_call_word(enum fault_call call);

#endif
