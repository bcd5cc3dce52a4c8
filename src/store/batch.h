/* A change batch: everything one command changes in one account, true together or not at all. Verbs stage changes, then commit once.
 *
 *   batch_begin ─► batch_message, batch_flags, batch_expunge, … ─► batch_commit ─► (sync) ─► done ─► batch_free
 *
 * Changes of flags and expunges name messages by uid and act on what is there when the batch's turn comes; uids that are gone by then are
 * passed over. All changes of a batch get one modseq: the account's next sequence number. */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include "store/store.h"

struct batch;

struct batch *batch_begin(struct account *a);
/* Not while its commit is pending (cancel the wait first: the batch then frees itself when the commit returns). NULL is fine. */
void batch_free(struct batch *b);
bool batch_empty(const struct batch *b);

struct new_message {
	const struct body *body;
	struct span prefix;          /* header lines for the top, each with CRLF; copied */
	uint64_t flags;              /* MESSAGE_* only */
	const struct span *keywords; /* names */
	size_t keyword_count;
	int64_t internal_date; /* seconds UTC */
	int16_t internal_zone;
	struct span uidl; /* to be kept verbatim (import), or empty */
};
/* FAIL_NOT_FOUND (no such mailbox), FAIL_LIMIT (keywords), FAIL_DISK_FULL (store_set_disk_reserve). The uid is known after commit. */
FAILS batch_message(struct batch *b, uint64_t mailbox, const struct new_message *m, struct why *w);
/* A copy of `msg` of mailbox `from`, flags and dates kept (keywords by name). One that is gone when its turn comes is passed over, and has no
 * uid in batch_uids. */
FAILS batch_copy(struct batch *b, const struct mailbox *from, const struct message *msg, uint64_t to, struct why *w);
/* Copy with the message's id kept, and expunge of the source: RFC 6851. One that is gone when its turn comes is passed over, and has
 * no uid in batch_uids. */
FAILS batch_move(struct batch *b, struct mailbox *from, const struct message *msg, uint64_t to, struct why *w);

enum flag_change { FLAGS_ADD, FLAGS_REMOVE, FLAGS_REPLACE };
struct flag_set {
	uint64_t system;             /* MESSAGE_* */
	const struct span *keywords; /* names */
	size_t keyword_count;
};
/* Call once per range of uids, ascending; cheap for long ranges. FAIL_LIMIT when the mailbox has no room for a new keyword. */
FAILS batch_flags(struct batch *b, struct mailbox *m, uint32_t uid_first, uint32_t uid_last, enum flag_change how,
	const struct flag_set *flags, struct why *w);
FAILS batch_expunge(struct batch *b, struct mailbox *m, uint32_t uid_first, uint32_t uid_last, struct why *w);
/* Messages of `mailbox` below `uid` are recent to nobody any more. Needs no durable answer: commit with w == NULL. */
FAILS batch_recent(struct batch *b, uint64_t mailbox, uint32_t uid, struct why *w);

/* The tree. Names in stored form (mailbox_name_normal). Create makes missing parents; FAIL_EXISTS. */
FAILS batch_mailbox_create(struct batch *b, struct span name, enum special_use use, struct why *w);
/* Deletes the mailbox and its messages; children stay. INBOX: FAIL_CANNOT. */
FAILS batch_mailbox_delete(struct batch *b, uint64_t mailbox, struct why *w);
/* Renames it with its children; missing parents of the new name are made. FAIL_EXISTS, FAIL_CANNOT (below itself). INBOX: its messages move to a
 * new mailbox of that name and INBOX stays (RFC 3501 §6.3.5). Subscriptions stay as they are (RFC 3501 says so). */
FAILS batch_mailbox_rename(struct batch *b, uint64_t mailbox, struct span new_name, struct why *w);
/* It gets a higher UIDVALIDITY, and keeps everything else: of a store that came from a backup. */
FAILS batch_mailbox_renew(struct batch *b, uint64_t mailbox, struct why *w);
FAILS batch_subscribe(struct batch *b, struct span name, bool subscribed, struct why *w);

/* Makes it durable and true. FAIL_BUSY: `done` follows with FAIL_NONE, FAIL_CONFLICT (what it named has changed: look again), another failure
 * (nothing happened), or FAIL_UNKNOWN (a sync failed: it may or may not have happened). An empty batch is FAIL_NONE at once. Batches of an account are
 * applied in the order of their commits. `w` NULL: nobody waits, the batch frees itself. */
FAILS batch_commit(struct batch *b, struct store_wait *w);

/* After done: uids that the batch's messages, copies and moves got, in the order they were staged; and the uidvalidity of mailbox `to`. */
size_t batch_uids(const struct batch *b, const uint32_t **out);
uint64_t batch_modseq(const struct batch *b);

#endif
