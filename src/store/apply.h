/* Between apply.c and apply_remove.c: a batch that is being applied. */
#ifndef STORE_APPLY_H
#define STORE_APPLY_H

#include "store/inside.h"
#include "store/kept.h"

struct applying {
	struct store *s;
	struct account *a;
	struct batch *live; /* NULL when redoing */
	uint64_t sequence;
	uint32_t time;
	size_t staged;               /* live: the op at or before which the next staged message is */
	size_t uid_at;               /* live: which of the batch's uids comes next */
	struct list dirty;           /* mailboxes whose record changed */
	struct kept_place kept_last; /* apply_kept.c: the kept message that was looked at last */
	bool kept_purged;
	enum fail failed; /* of the index: the batch is durable, but cannot be made true here */
	struct why *why;
};

/* The mailbox's record is to be written with this batch. */
void apply_touch(struct applying *ap, struct mailbox *m);
void apply_tell(struct applying *ap, struct mailbox *m, enum feed_kind kind, uint32_t first, uint32_t last);
void apply_add_row(struct applying *ap, struct mailbox *m, const struct row *r);
struct mailbox *apply_recovered_mailbox(struct applying *ap, uint64_t id);
void apply_expunge(struct applying *ap, const struct op *op); /* one that keeps, too */
void apply_move(struct applying *ap, const struct op *op);
/* apply_kept.c */
void apply_keep_row(struct applying *ap, struct mailbox *m, const struct row *r);
void apply_keep_mailbox(struct applying *ap, struct mailbox *m);
void apply_undelete(struct applying *ap, const struct op *op);
void apply_purge(struct applying *ap, const struct op *op);
void apply_relocate_kept(struct applying *ap, const struct op *op);

#endif
