/* What the files of a rebuild share (rebuild.c says what it is):
 *
 *   rebuild_accounts.c   which accounts the log has, and in which segments: what opening notes
 *   rebuild.c            the passes over the log, slice by slice
 *   rebuild_wait.c       who waits for an account, and the pass that goes for them */
#ifndef STORE_REBUILD_INNER_H
#define STORE_REBUILD_INNER_H

#include "store/rebuild.h"

struct rebuild_entry {
	uint64_t account; /* 0: none */
	uint32_t *segments;
	uint32_t count, cap;
	uint64_t told; /* of its records, by the pass that counts: until it is there */
	bool there, asked;
};

struct rebuild_pass {
	uint32_t *segments; /* ascending */
	size_t count, at;
	struct log_cursor *cursor; /* in segments[at - 1] */
	struct redo redo;
	bool running;
};

struct rebuild {
	struct store *s;
	struct rebuild_entry *table; /* by account: open addressing, a power of two */
	size_t count, size;
	struct rebuild_pass all, asked;
	struct list waiters; /* struct waiter of rebuild_wait.c, whose accounts are not there */
	struct deferred next;
	const char *reason;
	uint64_t records, told; /* in the log; in the index by now */
	int64_t began, said;
	unsigned said_percent;
};

/* rebuild_accounts.c */
struct rebuild_entry *rebuild_find(const struct rebuild *r, uint64_t account); /* NULL: the log has nothing of it */
/* The account that a record is of; 0: of none. */
uint64_t rebuild_account_of(uint8_t type, struct span payload);
void rebuild_accounts_fini(struct rebuild *r);

/* rebuild.c: from its first segment on */
void rebuild_pass_begin(struct rebuild_pass *p);

/* rebuild_wait.c */
/* The pass `asked` begins: all for whom somebody waits by now, at once. */
void rebuild_begin_asked(struct rebuild *r);
/* Opens the accounts that are there for those who wait for them. An answer may do anything, but free `r`. */
void rebuild_answer_waiters(struct store *s, struct rebuild *r);
void rebuild_refuse_waiters(struct rebuild *r); /* FAIL_UNAVAILABLE */

#endif
