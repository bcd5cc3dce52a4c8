/* The maildrop of one session: INBOX as it was at login. Messages keep their numbers and stay readable whatever other sessions do
 * (this stands for the lock of RFC 1939 §3); what is marked deleted goes at QUIT, all or nothing. */
#ifndef POP3_VERB_MAILDROP_H
#define POP3_VERB_MAILDROP_H

#include "store/batch.h"
#include "store/feed.h"
#include "store/gate.h"

struct maildrop {
	struct account *account;
	struct mailbox *mailbox;
	struct feed_reader reader; /* never advances: that keeps the snapshot */
	uint32_t *uids;
	uint64_t *sizes;
	unsigned char *deleted;
	uint32_t count; /* messages at login, deleted marks included */
	uint32_t left;  /* without those marked deleted */
	uint64_t left_size;
	struct user user;
};

/* Opens INBOX; `m` is zeroed but for account and user. FAIL_BUSY: w->done, then maildrop_take. */
FAILS maildrop_open(struct maildrop *m, struct store_wait *w);
/* Takes the snapshot once the mailbox is open. */
void maildrop_take(struct maildrop *m);
/* Closes the mailbox; the account is the session's. */
void maildrop_close(struct maildrop *m);

/* Message `number` (from 1) unless it does not exist or is marked deleted. */
bool maildrop_has(const struct maildrop *m, uint32_t number);
bool maildrop_message(const struct maildrop *m, uint32_t number, struct message *out);
void maildrop_delete(struct maildrop *m, uint32_t number);
void maildrop_reset(struct maildrop *m);
/* Stages the expunge of everything that is marked deleted. */
FAILS maildrop_stage(struct maildrop *m, struct batch *b, struct why *w);

#endif
