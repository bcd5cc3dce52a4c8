/* Looking a store over without changing it: is what the log says readable, and does the index say the same? For `barid check` and `barid verify`; the
 * server must not be running on it. */
#ifndef STORE_VERIFY_H
#define STORE_VERIFY_H

#include "store/engine.h"

struct store_check {
	uint64_t accounts, mailboxes, messages;
	uint64_t kept;        /* expunged messages that can be got back */
	uint64_t bytes;       /* of the messages that were read (deep) */
	uint64_t rot;         /* places in the log that cannot be read */
	uint64_t differences; /* rows in which index and log differ; the index can be removed, and is then made anew */
	uint64_t unreadable;  /* messages whose bytes or structure cannot be read (deep) */
};

struct store_checking {
	bool deep;                       /* reads every message too, and checks it against its checksum */
	const struct store_aside *aside; /* accounts that are set aside: they are left out; NULL: none */
	/* One finding, in words; and how far it is: bytes of the log that were read, then again from 0 while the index is compared (0 of 0). NULL: not
	 * wanted. */
	void (*report)(void *context, const char *text);
	void (*progress)(void *context, uint64_t done, uint64_t total);
	void *context;
};

/* Walks the whole log, and compares what it comes to with the index (brought up to the log in memory). `index` NULL: there is none to
 * compare with. Takes neither disk nor index over. A failure means that the check could not be made, not that something was found. */
FAILS store_check(struct disk *disk, struct kv *index, struct loop *loop, const struct store_checking *how,
	struct store_check *out, struct why *w);
/* The same for engine `local` in DIR. FAIL_NOT_FOUND: there is no store; FAIL_CONFLICT: a server runs on it. */
FAILS store_check_local(
	const char *dir, struct loop *loop, const struct store_checking *how, struct store_check *out, struct why *w);

#endif
