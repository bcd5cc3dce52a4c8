/* Snapshots: all that there is to know of an account, written into the log again, so that a rebuild needs no older segment for it. Format:
 * doc/STORE-FORMAT.md, "Snapshot".
 *
 *   snapshot_account ─► store->snapshots ─► QUIET (commit_quiet: its commits wait) ─► begin
 *       ─► MAILBOX (rows opened) ─► ROWS ─► VANISHED (a worker reads) ─► next MAILBOX …
 *       ─► KEPT (a worker reads) ─► end, commits go on ─► SYNC ─► what is needed of the log starts here
 *
 * One at a time, in slices, so that other accounts are not held up. Until it is durable the index does not say that it has reached
 * past its begin (snapshot_holds): so a redo is told all of it or only its rest, which it passes over. */
#include "store/snapshot.h"

#include "base/clock.h"
#include "base/in_service.h"
#include "base/memory.h"
#include "store/inside.h"

enum { CHUNK_BYTES = 200 << 10, SLICE_US = 1000, SNAPSHOT_LEAST = 256 << 10 };

enum phase { WAIT_QUIET, OPEN_MAILBOX, PUT_ROWS, READ_VANISHED, PUT_REST, READ_KEPT, PUT_END, WAIT_SYNC };

struct snapshot {
	struct store_op op;
	struct list link; /* in store->snapshots; the first is the one under way */
	struct account *account;
	bool waiting; /* something will call `again` */
	enum phase phase;
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

static struct snapshot *current(const struct store *s)
{
	return list_empty(&s->snapshots) ? NULL : CONTAINER_OF(s->snapshots.next, struct snapshot, link);
}

static void again(struct snapshot *x)
{
	x->waiting = false;
	loop_defer(x->account->store->loop, &x->account->store->snapshot_turn);
}

/* ── Records ── */

static void begin_record(struct snapshot *x, enum snapshot_part_kind part)
{
	buf_reset(&x->chunk);
	buf_add_u8(&x->chunk, SNAPSHOT_VERSION);
	buf_add_u8(&x->chunk, (uint8_t)part);
	buf_add_varint(&x->chunk, x->account->id);
	buf_add_varint(&x->chunk, x->account->sequence);
}

static void append(struct snapshot *x)
{
	struct store *s = x->account->store;
	struct span record = buf_span(&x->chunk);

	if (x->fail)
		return;
	x->fail = log_append(s->log, RECORD_SNAPSHOT, &record, 1, &x->last, &x->why);
	if (x->fail && log_broken(s->log))
		store_break(s, &x->why);
	if (!x->first.segment)
		x->first = x->last;
	x->bytes += record.n;
	s->redo_bytes += record.n;
}

static void put_chunk(struct snapshot *x)
{
	append(x);
	x->chunks++;
	begin_record(x, PART_CHUNK);
}

static void put(struct snapshot *x, const struct op *op)
{
	op_encode(op, &x->chunk);
	if (x->chunk.n >= CHUNK_BYTES)
		put_chunk(x);
}

/* The next of the ops that a worker has read. */
static void put_read(struct snapshot *x, struct span *ops)
{
	struct span op;

	if (!span_take_counted(ops, &op))
		return;
	buf_add(&x->chunk, op);
	if (x->chunk.n >= CHUNK_BYTES)
		put_chunk(x);
}

/* ── Mailboxes ── */

static void put_record(struct snapshot *x, const struct mailbox *m)
{
	put(x, &(struct op){.kind = OP_CREATE,
		       .mailbox = m->id,
		       .uidvalidity = m->uidvalidity,
		       .use = (uint8_t)m->use,
		       .text = span_of(m->name)});
	for (int bit = KEYWORD_FIRST_BIT; bit < 64; bit++) {
		struct op op = {.kind = OP_KEYWORD,
			.mailbox = m->id,
			.bit = (uint8_t)bit,
			.text = mailbox_keyword_name(m, bit)};

		if (op.text.p)
			put(x, &op);
	}
	put(x, &(struct op){.kind = OP_STATE,
		       .mailbox = m->id,
		       .uid = m->uid_next,
		       .recent = m->recent_from,
		       .modseq = m->highest_modseq});
}

static void opened(struct store_wait *w, enum fail f)
{
	struct snapshot *x = CONTAINER_OF(w, struct snapshot, opening);

	x->fail = f;
	x->why = w->why;
	x->opened = true;
	again(x);
}

/* True when it goes on at once. */
static bool open_mailbox(struct snapshot *x)
{
	struct account *a = x->account;
	enum fail f;

	if (x->opened) {
		x->opened = false;
		x->row = 0;
		put_record(x, x->mailbox);
		x->phase = PUT_ROWS;
		return true;
	}
	if (x->mailbox_at == a->mailbox_count) {
		x->phase = PUT_REST;
		return true;
	}
	store_wait_init(&x->opening, opened);
	f = mailbox_open(a, a->by_id[x->mailbox_at]->id, &x->opening, &x->mailbox);
	x->opened = f == FAIL_NONE;
	x->waiting = f == FAIL_BUSY;
	if (f && f != FAIL_BUSY) {
		x->fail = f;
		x->why = x->opening.why;
	}
	return f != FAIL_BUSY;
}

static bool put_rows(struct snapshot *x)
{
	const struct mailbox *m = x->mailbox;

	for (int n = 0; n < 64 && x->row < m->rows.n; n++, x->row++) {
		const struct row *r = &m->rows.p[x->row];
		const char *uidl = mailbox_kept_uidl(m, r->uid);

		put(x, &(struct op){.kind = OP_ROW,
			       .mailbox = m->id,
			       .modseq = r->modseq,
			       .row = *r,
			       .text = span_of(uidl ? uidl : "")});
	}
	if (x->row == m->rows.n)
		x->phase = READ_VANISHED;
	return true;
}

/* ── What only the index has: read on a worker ── */

static void add_vanished(void *context, uint32_t first, uint32_t last, uint64_t modseq)
{
	struct snapshot *x = context;
	char bytes[64];
	struct buf op = {bytes, 0, sizeof(bytes), sizeof(bytes), false};

	op_encode(
		&(struct op){
			.kind = OP_VANISHED, .mailbox = x->mailbox->id, .uid = first, .last = last, .modseq = modseq},
		&op);
	buf_add_counted(&x->ops, buf_span(&op));
	x->vanished++;
}

static void add_kept(void *context, struct span op)
{
	struct snapshot *x = context;

	buf_add_counted(&x->ops, op);
}

static void read_work(struct job *j)
{
	struct snapshot *x = CONTAINER_OF(j, struct snapshot, job);

	if (x->phase == READ_VANISHED)
		x->fail = index_load_vanished(
			x->account->store->kv, x->account->id, x->mailbox->id, 0, add_vanished, x, &x->why);
	else
		x->fail = kept_encoded(x->account, add_kept, x, &x->why);
}

static bool read_came(struct snapshot *x)
{
	struct span ops = buf_span(&x->ops);

	if (!x->fail && x->phase == READ_VANISHED)
		vanished_merge_later(x->mailbox, ops, x->vanished);
	x->vanished = 0;
	while (!x->fail && ops.n)
		put_read(x, &ops);
	buf_fini(&x->ops);
	if (x->phase == READ_KEPT) {
		x->phase = PUT_END;
		return true;
	}
	mailbox_close(x->mailbox);
	x->mailbox = NULL;
	x->mailbox_at++;
	x->phase = OPEN_MAILBOX;
	return true;
}

static void read_done(struct job *j)
{
	struct snapshot *x = CONTAINER_OF(j, struct snapshot, job);

	read_came(x);
	again(x);
}

static bool read_index(struct snapshot *x)
{
	buf_init(&x->ops, SIZE_MAX);
	x->job.work = read_work;
	x->job.done = read_done;
	if (x->account->store->threads) {
		x->waiting = true;
		job_start(&x->job, x->account->store->loop);
		return false;
	}
	read_work(&x->job);
	return read_came(x);
}

/* ── Begin and end ── */

static bool begin(struct snapshot *x)
{
	struct account *a = x->account;

	if (!commit_quiet(a))
		return false; /* the turn comes when what is in flight has landed */
	begin_record(x, PART_BEGIN);
	buf_add_varint(&x->chunk, a->next_message);
	buf_add_varint(&x->chunk, a->next_mailbox);
	buf_add_varint(&x->chunk, a->last_uidvalidity);
	append(x);
	begin_record(x, PART_CHUNK);
	x->phase = OPEN_MAILBOX;
	return true;
}

static bool put_rest(struct snapshot *x)
{
	const struct account *a = x->account;

	for (size_t i = 0; i < a->subscription_count; i++)
		put(x, &(struct op){.kind = OP_SUBSCRIBE, .on = true, .text = span_of(a->subscriptions[i])});
	if (a->gone)
		put(x, &(struct op){.kind = OP_GONE});
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
	put_chunk(x);
	begin_record(x, PART_END);
	buf_add_varint(&x->chunk, x->chunks);
	append(x);
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
	case OPEN_MAILBOX: return open_mailbox(x);
	case PUT_ROWS: return put_rows(x);
	case PUT_REST: return put_rest(x);
	case READ_VANISHED:
	case READ_KEPT: return read_index(x);
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
		again(x);
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
