/* Snapshots: all that there is to know of an account, written into the log again, so that a rebuild needs no older segment for it. Format:
 * doc/STORE-FORMAT.md, "Snapshot".
 *
 *   snapshot_account ─► store->snapshots ─► QUIET (commit_quiet: its commits wait) ─► begin
 *       ─► MAILBOX (rows opened) ─► ROWS ─► VANISHED (a worker reads) ─► next MAILBOX …
 *       ─► KEPT (a worker reads) ─► end, commits go on ─► SYNC ─► what is needed of the log starts here
 *
 * One at a time, in slices, so that other accounts are not held up. Until it is durable the index does not say that it has reached
 * past its begin (snapshot_holds): so a redo is told all of it or only its rest, which it passes over. */
#include "base/clock.h"
#include "base/in_service.h"
#include "base/memory.h"
#include "store/device_inner.h"
#include "store/snapshot_inner.h"

enum { SLICE_US = 1000, SNAPSHOT_LEAST = 256 << 10 };

static struct snapshot *current(const struct store *s)
{
	return list_empty(&s->snapshots) ? NULL : CONTAINER_OF(s->snapshots.next, struct snapshot, link);
}

void snapshot_again(struct snapshot *x)
{
	x->waiting = false;
	loop_defer(x->account->store->loop, &x->account->store->snapshot_turn);
}

/* ── Begin and end ── */

static bool begin(struct snapshot *x)
{
	struct account *a = x->account;

	if (!commit_quiet(a))
		return false; /* the turn comes when what is in flight has landed */
	snapshot_begin_record(x, PART_BEGIN);
	buf_add_varint(&x->chunk, a->next_message);
	buf_add_varint(&x->chunk, a->next_mailbox);
	buf_add_varint(&x->chunk, a->last_uidvalidity);
	snapshot_append(x);
	snapshot_begin_record(x, PART_CHUNK);
	x->phase = OPEN_MAILBOX;
	return true;
}

static void put_device_op(void *context, const struct op *op)
{
	snapshot_put(context, op);
}

static bool put_rest(struct snapshot *x)
{
	const struct account *a = x->account;

	for (size_t i = 0; i < a->subscription_count; i++)
		snapshot_put(x, &(struct op){.kind = OP_SUBSCRIBE, .on = true, .text = span_of(a->subscriptions[i])});
	devices_snapshot(a, put_device_op, x);
	if (a->gone)
		snapshot_put(x, &(struct op){.kind = OP_GONE});
	x->phase = READ_KEPT;
	return true;
}

static void release(struct snapshot *x)
{
	mailbox_close(x->mailbox);
	x->mailbox = NULL;
	commit_quiet_end(x->account);
}

static void finish(struct snapshot *x)
{
	struct store *s = x->account->store;

	release(x);
	list_remove(&x->link);
	x->account->snapshotting = false;
	account_close(x->account);
	store_op_end(&x->op, x->fail, &x->why);
	buf_fini(&x->chunk);
	free(x);
	s->busy--;
	if (current(s))
		loop_defer(s->loop, &s->snapshot_turn);
}

/* Batches that were sent after the end are answered after this commit, so what the account needs of the log is the snapshot alone. */
static void synced(struct log_commit *c, enum log_result result)
{
	struct snapshot *x = CONTAINER_OF(c, struct snapshot, commit);
	struct account *a = x->account;
	struct store *s = a->store;

	if (result != LOG_DONE || s->broken) {
		store_break(s, &x->why);
		x->fail = why(&x->why, FAIL_UNKNOWN, "The server has a problem with its disk.");
	} else {
		need_snapshot(&a->need, x->first.segment, x->last.segment, x->bytes);
		x->first = (struct log_pos){0, 0}; /* holds nothing back any more */
		index_put_account(a);
		commit_reached(s, c->end);
		x->fail = index_write(s, &x->why);
		if (x->fail)
			store_break(s, &x->why);
		index_flush_if_due(s);
	}
	finish(x);
}

static void put_end(struct snapshot *x)
{
	snapshot_put_chunk(x);
	snapshot_begin_record(x, PART_END);
	buf_add_varint(&x->chunk, x->chunks);
	snapshot_append(x);
	if (x->fail)
		return;
	release(x);
	x->phase = WAIT_SYNC;
	x->waiting = true;
	x->commit.done = synced;
	log_commit(x->account->store->log, &x->commit);
}

/* True when it goes on at once; false: something will call again. */
static bool step(struct snapshot *x)
{
	switch (x->phase) {
	case WAIT_QUIET: return begin(x);
	case OPEN_MAILBOX: return snapshot_open_mailbox(x);
	case PUT_ROWS: return snapshot_put_rows(x);
	case PUT_REST: return put_rest(x);
	case READ_VANISHED:
	case READ_KEPT: return snapshot_read_index(x);
	case PUT_END: put_end(x); break;
	case WAIT_SYNC: break;
	}
	return false;
}

void snapshot_turn(struct deferred *d)
{
	struct store *s = CONTAINER_OF(d, struct store, snapshot_turn);
	struct snapshot *x = current(s);
	int64_t until = clock_mono_us() + SLICE_US;
	bool more = true;
	SERVING(x ? x->account->id : 0);

	if (!x || x->waiting)
		return;
	if (s->broken && !x->fail)
		x->fail = why(&x->why, FAIL_UNKNOWN, "The server has a problem with its disk.");
	while (more && !x->fail && clock_mono_us() < until)
		more = step(x);
	if (x->fail)
		finish(x);
	else if (more)
		snapshot_again(x);
}

enum fail snapshot_account(struct account *a, struct store_wait *w)
{
	struct store *s = a->store;
	struct snapshot *x;

	if (!a->sequence || a->snapshotting || s->broken || s->closing)
		return FAIL_NONE;
	x = NEW(struct snapshot);
	x->account = a;
	account_hold(a);
	a->snapshotting = true;
	s->busy++;
	buf_init(&x->chunk, LOG_RECORD_MAX);
	store_op_begin(&x->op, w);
	list_append(&s->snapshots, &x->link);
	loop_defer(s->loop, &s->snapshot_turn);
	return FAIL_BUSY;
}

void snapshot_if_due(struct account *a)
{
	uint64_t least = a->store->snapshot_least ? a->store->snapshot_least : SNAPSHOT_LEAST;

	if (a->need.changes > least && a->need.changes > a->need.snapshot)
		(void)!snapshot_account(a, NULL);
}

bool snapshot_holds(const struct store *s, struct log_pos end)
{
	const struct snapshot *x = current(s);

	return x && x->first.segment && log_pos_cmp(x->first, end) < 0;
}

void snapshot_drop_waiting(struct store *s)
{
	LIST_EACH(it, &s->snapshots)
	{
		struct snapshot *x = CONTAINER_OF(it, struct snapshot, link);

		if (x != current(s)) {
			x->fail = FAIL_CLOSED;
			finish(x);
		}
	}
}
