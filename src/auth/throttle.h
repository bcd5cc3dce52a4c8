/* Slowing down those who guess passwords, without locking out whom they guess at. Counts distinct failures (a phone that repeats one
 * old password counts once) for each source (an IPv4 address, an IPv6 /64) and for each account name. From the third on each attempt
 * of that source or account waits its turn, longer with every failure. A pair of account and source that has logged in before waits
 * for its own failures only: the victim's own devices are not the attacker's. Memory is bounded: the oldest entries go first. */
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include "auth/table.h"
#include "base/list.h"

enum { THROTTLE_ENTRIES_MAX = 32768, THROTTLE_FREE = 2 /* failures that cost nothing but the fixed delay */ };

struct throttle {
	struct table table;
	struct list by_age; /* least recently used first */
	size_t n;
	int64_t base; /* ms; 0 = nobody waits */
};

void throttle_init(struct throttle *t, int64_t base_ms);
void throttle_fini(struct throttle *t);

struct attempt {
	struct span peer; /* numeric address, or "unix" */
	struct span user; /* account name as the directory folds it, or as given when unknown */
};

enum { THROTTLE_REFUSE = -1 };
/* How many ms this attempt has to wait before its password is looked at (0 = now), and takes that place in the line.
 * THROTTLE_REFUSE: the line is longer than THROTTLE_LINE_MS; nothing is looked at. `now`: monotonic ms. */
enum { THROTTLE_LINE_MS = 60000 };
int64_t throttle_wait(struct throttle *t, const struct attempt *a, int64_t now);
/* `password`: for telling distinct failures apart; only a keyed digest is kept. */
void throttle_failed(struct throttle *t, const struct attempt *a, struct span password, int64_t now);
void throttle_succeeded(struct throttle *t, const struct attempt *a, int64_t now);

#endif
