/* Snapshots: all that there is to know of an account, written into the log again, so that older segments may go. Written in one turn while
 * nothing of the account is in flight: what comes after it in the log is newer. Format: doc/STORE-FORMAT.md, "Snapshot". */
#include "base/memory.h"
#include "store/inside.h"

enum { SNAPSHOT_VERSION = 1, CHUNK_BYTES = 200 << 10 };
enum part { PART_BEGIN = 0, PART_CHUNK = 1, PART_END = 2 };

/* ── Writing ── */

struct writing {
	struct account *a;
	struct buf chunk;
	uint64_t chunks;
	struct mailbox *mailbox;
	enum fail fail;
	struct why *why;
};

static void begin_record(struct account *a, enum part part, struct buf *out)
{
	buf_reset(out);
	buf_add_u8(out, SNAPSHOT_VERSION);
	buf_add_u8(out, (uint8_t)part);
	buf_add_varint(out, a->id);
	buf_add_varint(out, a->sequence);
}

static void append(struct writing *x)
{
	struct span record = buf_span(&x->chunk);
	struct log_pos pos;

	if (!x->fail)
		x->fail = log_append(x->a->store->log, RECORD_SNAPSHOT, &record, 1, &pos, x->why);
	x->a->store->redo_bytes += record.n;
}

static void fill_chunk(struct writing *x)
{
	if (x->chunk.n < CHUNK_BYTES)
		return;
	append(x);
	x->chunks++;
	begin_record(x->a, PART_CHUNK, &x->chunk);
}

static void put(struct writing *x, const struct op *op)
{
	op_encode(op, &x->chunk);
	fill_chunk(x);
}

static void put_kept(void *context, struct span ops)
{
	struct writing *x = context;

	buf_add(&x->chunk, ops);
	fill_chunk(x);
}

static void put_vanished(void *context, uint32_t first, uint32_t last, uint64_t modseq)
{
	struct writing *x = context;

	put(x, &(struct op){
		       .kind = OP_VANISHED, .mailbox = x->mailbox->id, .uid = first, .last = last, .modseq = modseq});
}

static void put_record(struct writing *x, const struct mailbox *m)
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

static void put_mailbox(struct writing *x, struct mailbox *m)
{
	x->mailbox = m;
	put_record(x, m);
	if (!x->fail)
		x->fail = mailbox_load_now(m, x->why);
	for (size_t i = 0; !x->fail && i < m->rows.n; i++) {
		const struct row *r = &m->rows.p[i];
		const char *uidl = mailbox_kept_uidl(m, r->uid);

		put(x, &(struct op){.kind = OP_ROW,
			       .mailbox = m->id,
			       .modseq = r->modseq,
			       .row = *r,
			       .text = span_of(uidl ? uidl : "")});
	}
	if (!x->fail)
		x->fail = index_load_vanished(m, put_vanished, x, x->why);
	mailbox_settle(m);
}

enum fail snapshot_write(struct account *a, struct why *w)
{
	struct writing x = {.a = a, .why = w};

	buf_init(&x.chunk, LOG_RECORD_MAX);
	begin_record(a, PART_BEGIN, &x.chunk);
	buf_add_varint(&x.chunk, a->next_message);
	buf_add_varint(&x.chunk, a->next_mailbox);
	buf_add_varint(&x.chunk, a->last_uidvalidity);
	append(&x);
	begin_record(a, PART_CHUNK, &x.chunk);
	for (size_t i = 0; !x.fail && i < a->mailbox_count; i++)
		put_mailbox(&x, a->by_id[i]);
	for (size_t i = 0; i < a->subscription_count; i++)
		put(&x, &(struct op){.kind = OP_SUBSCRIBE, .on = true, .text = span_of(a->subscriptions[i])});
	if (a->gone)
		put(&x, &(struct op){.kind = OP_GONE});
	if (!x.fail)
		x.fail = kept_encoded(a, put_kept, &x, w);
	append(&x);
	x.chunks++;
	begin_record(a, PART_END, &x.chunk);
	buf_add_varint(&x.chunk, x.chunks);
	append(&x);
	buf_fini(&x.chunk);
	if (log_broken(a->store->log))
		store_break(a->store, w);
	return x.fail;
}

/* ── Redo ── */

static enum fail unreadable(uint64_t account, struct why *w)
{
	return why_log(w, FAIL_SYNTAX, "The mail log has a problem.", "a snapshot of account %llu cannot be read",
		(unsigned long long)account);
}

static void install_row(struct mailbox *m, struct op *op)
{
	op->row.modseq = op->modseq;
	mailbox_count_row(m, &op->row, 1);
	index_put_row(m, &op->row);
	if (op->text.n)
		index_put_uidl(m, op->row.uid, op->text);
}

static void install_op(struct account *a, struct op *op)
{
	struct mailbox *m = account_by_id(a, op->mailbox);

	if (op->kind == OP_CREATE && !m) {
		m = account_add_mailbox(a, op->mailbox, op->text);
		m->uidvalidity = op->uidvalidity;
		m->use = op->use;
	} else if (op->kind == OP_GONE) {
		a->gone = true;
	} else if (op->kind == OP_KEPT) {
		kept_put(a, op);
	} else if (m && op->kind == OP_DELETE_KEEP) { /* it was gone already, and is remembered for what was in it */
		kept_put_mailbox(m, op->modseq);
		account_remove_mailbox(m);
	} else if (op->kind == OP_SUBSCRIBE) {
		account_set_subscribed(a, op->text, true);
		index_put_subscription(a, op->text, true);
	} else if (m && op->kind == OP_KEYWORD) {
		mailbox_define_keyword(m, op->bit, op->text);
	} else if (m && op->kind == OP_STATE) {
		m->uid_next = m->uid_projected = op->uid;
		m->recent_from = op->recent;
		m->highest_modseq = op->modseq;
	} else if (m && op->kind == OP_ROW) {
		install_row(m, op);
	} else if (m && op->kind == OP_VANISHED) {
		index_put_vanished(m, op->uid, op->last, op->modseq);
	}
}

static enum fail install(struct store *s, struct snapshot_part *p, struct why *w)
{
	struct span ops = buf_span(&p->ops);
	struct account *a;
	struct op op;
	enum fail f = account_get(s, p->account, &a, w);

	/* As many batches as the snapshot has may still be fewer than it is made of, when older segments have gone. */
	if (f || a->sequence > p->sequence)
		return f;
	for (struct span all = ops; all.n;)
		if (op_decode(&all, &op))
			return unreadable(p->account, w);
	f = index_delete_account(a, w);
	if (f)
		return f;
	account_clear(a);
	a->sequence = a->sequence_projected = p->sequence;
	a->next_message = p->next_message;
	a->next_mailbox = p->next_mailbox;
	a->last_uidvalidity = p->last_uidvalidity;
	a->tree_version++;
	while (ops.n && !op_decode(&ops, &op))
		install_op(a, &op);
	for (size_t i = 0; i < a->mailbox_count; i++)
		index_put_mailbox(a->by_id[i]);
	index_put_account(a);
	account_settle(a);
	return index_write(s, w);
}

static enum fail redo_begin(struct snapshot_part *p, struct span in, struct why *w)
{
	uint64_t uidvalidity;

	buf_reset(&p->ops);
	p->chunks = 0;
	p->open = span_take_varint(&in, &p->next_message) && span_take_varint(&in, &p->next_mailbox) &&
		  span_take_varint(&in, &uidvalidity) && uidvalidity <= UINT32_MAX;
	if (!p->open)
		return unreadable(p->account, w);
	p->last_uidvalidity = (uint32_t)uidvalidity;
	return FAIL_NONE;
}

static enum fail redo_part(struct store *s, struct snapshot_part *p, enum part part, struct span in, struct why *w)
{
	uint64_t chunks;

	if (part == PART_CHUNK) {
		p->chunks++;
		return buf_add(&p->ops, in) ? unreadable(p->account, w) : FAIL_NONE;
	}
	p->open = false;
	if (!span_take_varint(&in, &chunks) || chunks != p->chunks)
		return unreadable(p->account, w);
	return install(s, p, w);
}

enum fail snapshot_redo(struct store *s, struct snapshot_part *p, struct span record, struct why *w)
{
	uint8_t version, part;
	uint64_t account, sequence;
	enum fail f;

	if (!span_take_u8(&record, &version))
		return FAIL_NONE;
	if (version != SNAPSHOT_VERSION)
		return why(w, FAIL_CONFIG, "The mail store was written by a newer version of Barid.");
	if (!span_take_u8(&record, &part) || !span_take_varint(&record, &account) ||
		!span_take_varint(&record, &sequence))
		return FAIL_NONE;
	if (part == PART_BEGIN) {
		p->account = account;
		p->sequence = sequence;
		f = redo_begin(p, record, w);
	} else if (p->open && p->account == account && p->sequence == sequence) {
		f = redo_part(s, p, part, record, w);
	} else {
		return FAIL_NONE; /* of one whose begin was lost, or is before where the redo began */
	}
	if (f == FAIL_SYNTAX) { /* what it would have brought is in the log too, unless its segments have gone */
		store_report(s, "a snapshot in the log is passed over: %s", w ? w->log : "");
		p->open = false;
		f = FAIL_NONE;
	}
	return f;
}
