/* The inside of a view, shared by view.c, recent.c and view_sync.c. */
#ifndef IMAP_VERB_VIEW_OWN_H
#define IMAP_VERB_VIEW_OWN_H

#include "imap/verb/view.h"

/* Messages whose uids follow each other without a gap: most mailboxes are a few runs, however many messages they hold. */
struct run {
	uint32_t seq, uid, n;
};

struct view {
	struct mailbox *mailbox;
	struct feed_reader feed;
	const void *author;
	void (*wake)(void *ctx);
	void *ctx;
	struct run *runs; /* ascending in both seq and uid */
	size_t run_count, run_room;
	uint32_t count;
	struct sequence_range *recent; /* ascending uids, resolved */
	size_t recent_count, recent_room;
	struct sequence_set saved;
	uint32_t flags_next; /* of the event of flags that stands first in the feed: told below this uid */
	bool read_only;
};

/* Appends `n` messages with uids from `uid` on, all above those that are there. */
void view_append(struct view *v, uint32_t uid, uint32_t n);
/* Drops the messages of `gone` (ascending ranges of uids that do not overlap) from the runs. */
void view_drop(struct view *v, const struct sequence_range *gone, size_t n);
/* Messages with uids in first..last that no session has been told of become recent in this one, and in no other any more. */
void view_claim_recent(struct view *v, uint32_t first, uint32_t last);

#endif
