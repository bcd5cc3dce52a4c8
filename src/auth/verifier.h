/* Password checks on worker threads: bounded in how many run at once and how many wait. */
#ifndef AUTH_VERIFIER_H
#define AUTH_VERIFIER_H

#include "base/list.h"
#include "base/span.h"
#include "base/why.h"
#include "loop/loop.h"

enum { VERIFIER_QUEUE_MAX = 1024 };

struct verifier {
	struct loop *loop;
	struct list waiting;
	size_t queued, running, most;
};

struct verification;

void verifier_init(struct verifier *v, struct loop *l, size_t threads);
/* Checks `password` against `hash` (NULL: nobody's, which takes as long); both are copied. `done` comes from the loop. FAIL_UNAVAILABLE: too
 * many wait already. */
FAILS verifier_check(struct verifier *v, struct span password, const char *hash, void (*done)(void *ctx, bool ok),
	void *ctx, struct verification **out, struct why *w);
/* `done` is not called, and one that still waits takes no more of the queue or of a thread. Before `done` only. */
void verifier_forget(struct verification *x);

#endif
