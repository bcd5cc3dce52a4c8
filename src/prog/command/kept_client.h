/* The administrators' verbs about kept messages (imap/verbs.def: XKEPT, XUNDELETE, XPURGE) as undelete and purge use them. */
#ifndef PROG_COMMAND_KEPT_CLIENT_H
#define PROG_COMMAND_KEPT_CLIENT_H

#include "prog/command/imap_client.h"

struct kept_line {
	struct span place; /* names it, for XUNDELETE */
	int64_t expunged;  /* seconds since 1970 */
	uint64_t size;
	bool gone;                 /* its mailbox is: it is made again */
	struct span mailbox;       /* UTF-8 */
	struct span from, subject; /* UTF-8, decoded; empty where they were not asked for */
};
/* Calls `each` for every kept message of the account, oldest first; its spans live until it returns. */
FAILS kept_list(struct imap_client *imap, bool envelopes, void (*each)(void *ctx, const struct kept_line *k), void *ctx,
	struct why *w);
/* Gives a command; the number in its answer's code ("OK [PURGED 5] ..."). */
FAILS kept_command(
	struct imap_client *imap, struct span command, struct span code, uint64_t *number_out, struct why *w);
/* "3d" before now, or "2026-11-24" (midnight, local time): seconds since 1970. FAIL_CANNOT. */
FAILS kept_moment(const char *text, int64_t *out, struct why *w);

#endif
