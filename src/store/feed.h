/* The change feed of a mailbox: what happened since a reader last looked, in order. A reader decides when to look, so a session tells its
 * client of changes just where RFC 3501 §5.5 and §7.4.1 allow. While any reader has not passed a message's expunge event,
 * mailbox_message still finds that message: a POP3 session that never advances has its snapshot. */
#ifndef STORE_FEED_H
#define STORE_FEED_H

#include "store/store.h"

enum feed_kind {
	FEED_APPEARED, /* new messages uid_first..uid_last */
	FEED_FLAGS,    /* flags of messages in uid_first..uid_last changed: those whose modseq == modseq, or later */
	FEED_EXPUNGED, /* messages that were there in uid_first..uid_last are gone */
	FEED_KEYWORDS, /* the mailbox has new keywords */
	FEED_DELETED,  /* the mailbox itself is gone: no event follows */
};

struct feed_event {
	enum feed_kind kind;
	uint32_t uid_first, uid_last;
	uint64_t modseq;
	const void *author; /* what batch_author was set to: a session recognises its own change */
};

struct feed_reader {
	struct list link;
	struct mailbox *mailbox;
	uint64_t next; /* the store's own */
	void (*wake)(struct feed_reader
			*r); /* something is new; called from the loop, at most once until feed_next is called */
	bool woken;
};

/* Starts at now: events from here on. The mailbox must stay open. */
void feed_begin(struct feed_reader *r, struct mailbox *m, void (*wake)(struct feed_reader *r));
void feed_end(struct feed_reader *r);
/* The next event, and moves past it. False when there is none. */
bool feed_next(struct feed_reader *r, struct feed_event *out);
/* The same without moving. `skip`: look that many events further ahead. */
bool feed_peek(const struct feed_reader *r, size_t skip, struct feed_event *out);

struct batch;
/* Events of this batch will carry `author`. */
void batch_author(struct batch *b, const void *author);

#endif
