/* Between apply_batch.c, which walks a batch, and the files that apply its ops: a batch that is being applied. */
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
	size_t staged;     /* live: the op at or before which the next staged message is */
	size_t uid_at;     /* live: which of the batch's uids comes next */
	struct list dirty; /* mailboxes whose record changed */
	/* Where it is: a slice ends when there is no more room. */
	struct span ops;             /* still to be applied, behind `op` */
	struct op op;                /* at hand */
	bool in_op;                  /* it is not over */
	struct span runs;            /* of it, still to be applied, behind `rest` */
	struct uid_run rest;         /* of a run */
	size_t room;                 /* what this slice may still do */
	size_t copied;               /* messages of a copy that have had their turn */
	bool again;                  /* the index may have a part of it already */
	uint32_t segment;            /* of the record */
	size_t octets;               /* of the record */
	struct kept_place kept_last; /* apply_kept.c: the kept message that was looked at last, */
	struct kept_window kept;     /* and what it stands with; closed at the end of a slice */
	bool kept_purged;
	enum fail failed; /* of the index: the batch is durable, but cannot be made true here */
	struct why *why;
};

/* The mailbox's record is to be written with this batch. */
void apply_touch(struct applying *ap, struct mailbox *m);
void apply_tell(struct applying *ap, struct mailbox *m, enum feed_kind kind, uint32_t first, uint32_t last);
/* Once for each op that brings a body or its new place, in their order. */
void apply_put_structure(struct applying *ap, struct log_pos pos);
void apply_add_row(struct applying *ap, struct mailbox *m, const struct row *r);
struct mailbox *apply_recovered_mailbox(struct applying *ap, uint64_t id);
void apply_expunge(struct applying *ap, const struct op *op); /* one that keeps, too */
void apply_move(struct applying *ap, const struct op *op);
void apply_copy(struct applying *ap, const struct op *op);
uint64_t apply_mapped_flags(uint64_t flags, struct span map);
void apply_note_carried(struct applying *ap, bool there); /* one message of a move or copy: its uid is used, or not */
void apply_spend_uids(struct applying *ap, struct mailbox *m, uint32_t uid_next); /* those below are used up */
/* Rows that go for good, or are kept; `runs` ascend. */
void apply_drop_rows(struct applying *ap, struct mailbox *m, const struct uid_run *runs, size_t n, bool keep);
/* The next run of the op at hand, or the part of it for which there is room, when a row costs `cost`. False: none, or no room. `rows`: a run
 * counts as the rows that are in it; NULL: as its uids. */
bool apply_take_run(struct applying *ap, const struct rows *rows, size_t cost, struct uid_run *out);
void apply_skip_runs(struct applying *ap);
enum { COST_FLAGS = 1, COST_COPY = 2, COST_DROP = 4, COST_MOVE = 6 };
/* apply.c */
void apply_op(struct applying *ap, struct op *op);
/* apply_kept.c */
void apply_keep_mailbox(struct applying *ap, struct mailbox *m);
void apply_undelete(struct applying *ap, const struct op *op);
void apply_purge(struct applying *ap, const struct op *op);
void apply_relocate_kept(struct applying *ap, const struct op *op);

#endif
