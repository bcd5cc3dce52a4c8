/* The index is made anew while the store serves (rebuild.c). Between recover.c, account.c, index.c. */
#ifndef STORE_REBUILD_H
#define STORE_REBUILD_H

#include "store/inside.h"

struct rebuild;

/* Made before the log is told to it, and given up when there was nothing in it. */
struct rebuild *rebuild_new(struct store *s, const char *reason);
void rebuild_free(struct rebuild *r); /* whoever waits is answered FAIL_UNAVAILABLE; NULL is fine */
/* Of log_replay: notes which segments hold records of which account. `context` is the struct rebuild. */
FAILS rebuild_note(void *context, struct log_pos pos, uint8_t type, struct span payload, struct why *w);
FAILS rebuild_known(void *context, struct log_pos pos, uint8_t type, struct span payload, struct why *w);
void rebuild_rot(void *context, struct log_pos pos, const char *what);
/* Nothing was noted: there is nothing to do. */
bool rebuild_empty(const struct rebuild *r);
/* The store is open: goes on by itself, from the loop. */
void rebuild_start(struct rebuild *r);

/* Whether all that the log has of the account is in the index. */
bool rebuild_has(const struct rebuild *r, uint64_t account);
/* Opens the account (account_open) as soon as it is; it goes before all that nobody waits for. Returns FAIL_BUSY. */
FAILS rebuild_open(struct rebuild *r, uint64_t account, struct store_wait *w, struct account **out);

/* Waits until it is over, in the caller's thread: for whoever needs all accounts at once, before anything is served. */
FAILS rebuild_finish(struct store *s, struct why *w);

#endif
