/* Between snapshot.c (one after the other, begin and end) and snapshot_put.c (what goes into one). */
#ifndef STORE_SNAPSHOT_INNER_H
#define STORE_SNAPSHOT_INNER_H

#include "store/inside.h"
#include "store/snapshot.h"

enum snapshot_phase { WAIT_QUIET, OPEN_MAILBOX, PUT_ROWS, READ_VANISHED, PUT_REST, READ_KEPT, PUT_END, WAIT_SYNC };

struct snapshot {
	struct store_op op;
	struct list link; /* in store->snapshots; the first is the one under way */
	struct account *account;
	bool waiting; /* something will call snapshot_again */
	enum snapshot_phase phase;
	struct buf chunk;
	uint64_t chunks, bytes;
	struct log_pos first, last;
	size_t mailbox_at; /* in account->by_id, which is as it is while nothing is in flight */
	struct mailbox *mailbox;
	size_t row;
	struct store_wait opening;
	bool opened;
	struct job job;
	struct buf ops;  /* what the worker has read, as ops */
	size_t vanished; /* how many of them are runs of vanished uids */
	struct log_commit commit;
	enum fail fail;
	struct why why;
};

/* snapshot.c: the turn comes, for whoever was waited for. */
void snapshot_again(struct snapshot *x);

/* snapshot_put.c: a failure stays in x->fail. */
void snapshot_begin_record(struct snapshot *x, enum snapshot_part_kind part);
void snapshot_append(struct snapshot *x);
void snapshot_put_chunk(struct snapshot *x);
void snapshot_put(struct snapshot *x, const struct op *op);
/* Steps, which set the phase: true = it goes on at once, false = something calls snapshot_again. */
bool snapshot_open_mailbox(struct snapshot *x);
bool snapshot_put_rows(struct snapshot *x);
/* What only the index has: vanished UIDs or kept messages, as x->phase says. */
bool snapshot_read_index(struct snapshot *x);

#endif
