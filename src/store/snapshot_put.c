/* What goes into a snapshot, in records of the log: mailboxes, their keywords, state and rows as they are in memory; vanished UIDs and kept messages as
 * a worker reads them in the index. The account has nothing in flight meanwhile. Must not read the index on the loop, where there are threads. */
#include "store/snapshot_inner.h"

enum { CHUNK_BYTES = 200 << 10 };

/* ── Records ── */

void snapshot_begin_record(struct snapshot *x, enum snapshot_part_kind part)
{
	buf_reset(&x->chunk);
	buf_add_u8(&x->chunk, SNAPSHOT_VERSION);
	buf_add_u8(&x->chunk, (uint8_t)part);
	buf_add_varint(&x->chunk, x->account->id);
	buf_add_varint(&x->chunk, x->account->sequence);
}

void snapshot_append(struct snapshot *x)
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

void snapshot_put_chunk(struct snapshot *x)
{
	snapshot_append(x);
	x->chunks++;
	snapshot_begin_record(x, PART_CHUNK);
}

void snapshot_put(struct snapshot *x, const struct op *op)
{
	op_encode(op, &x->chunk);
	if (x->chunk.n >= CHUNK_BYTES)
		snapshot_put_chunk(x);
}

/* The next of the ops that a worker has read. */
static void put_read(struct snapshot *x, struct span *ops)
{
	struct span op;

	if (!span_take_counted(ops, &op))
		return;
	buf_add(&x->chunk, op);
	if (x->chunk.n >= CHUNK_BYTES)
		snapshot_put_chunk(x);
}

/* ── Mailboxes ── */

static void put_record(struct snapshot *x, const struct mailbox *m)
{
	snapshot_put(x, &(struct op){.kind = OP_CREATE,
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
			snapshot_put(x, &op);
	}
	snapshot_put(x, &(struct op){.kind = OP_STATE,
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
	snapshot_again(x);
}

/* True when it goes on at once. */
bool snapshot_open_mailbox(struct snapshot *x)
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

bool snapshot_put_rows(struct snapshot *x)
{
	const struct mailbox *m = x->mailbox;

	for (int n = 0; n < 64 && x->row < m->rows.n; n++, x->row++) {
		const struct row *r = &m->rows.p[x->row];
		const char *uidl = mailbox_kept_uidl(m, r->uid);

		snapshot_put(x, &(struct op){.kind = OP_ROW,
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
	snapshot_again(x);
}

bool snapshot_read_index(struct snapshot *x)
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
