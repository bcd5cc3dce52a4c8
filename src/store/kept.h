/* What was expunged and can be got back for a while: an account's kept messages, oldest first. They belong to no mailbox, have no UID that
 * counts, and are read from the index only when someone asks. Whether an expunge keeps is decided when its batch is staged
 * (store_keep); how long they stay is decided by purges, which are batches too: a redo never looks at the clock. */
#ifndef STORE_KEPT_H
#define STORE_KEPT_H

#include "store/batch.h"

/* Expunges and deletions of mailboxes that are staged from now on keep what they take away, or do not. At first they do not. */
void store_keep(struct store *s, bool on);

struct kept_place { /* orders kept messages by when they went; {0, 0} is before all */
	uint64_t sequence, id;
};
struct kept_message {
	struct kept_place place;
	int64_t expunged;       /* seconds since 1970 */
	uint64_t mailbox;       /* where it was: there still (account_mailbox_info), or gone (kept_mailbox_find) */
	struct message message; /* as it was; good for message_read and message_structure */
};

/* How many there are, and the sum of their sizes. */
uint64_t account_kept_count(const struct account *a);
uint64_t account_kept_size(const struct account *a);
/* Copies up to `most` of those after `after` to `out`. Fewer than `most` only at the end. */
FAILS account_kept(struct account *a, struct kept_place after, size_t most, struct kept_message *out, size_t *n_out,
	struct why *w);
/* The kept message of that very place. FAIL_NOT_FOUND. */
FAILS account_kept_at(struct account *a, struct kept_place at, struct kept_message *out, struct why *w);

/* The mailboxes that are gone and that kept messages may have been in. */
struct kept_mailboxes;
FAILS kept_mailboxes_load(struct account *a, struct kept_mailboxes **out, struct why *w);
void kept_mailboxes_free(struct kept_mailboxes *k); /* NULL is fine */
struct kept_mailbox {
	uint64_t id;
	enum special_use use;
	struct span name;     /* lives as long as the list */
	struct span keywords; /* the store's own */
};
bool kept_mailbox_find(const struct kept_mailboxes *k, uint64_t id, struct kept_mailbox *out);

/* Brings it back into mailbox `to`, under a new UID, without \Deleted, with the id and the UIDL that it had. In one batch in the order of their
 * places. One that is no longer there when its turn comes is passed over, and has no uid in batch_uids. FAIL_NOT_FOUND, FAIL_LIMIT (keywords). */
FAILS batch_undelete(
	struct batch *b, const struct kept_message *k, const struct kept_mailboxes *gone, uint64_t to, struct why *w);
/* All kept messages up to `last` go for good. A batch of its own, of at most KEPT_PURGE_MAX messages. */
enum { KEPT_PURGE_MAX = 256 };
FAILS batch_purge(struct batch *b, struct kept_place last, struct why *w);

#endif
