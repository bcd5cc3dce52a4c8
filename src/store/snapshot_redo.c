/* Snapshots told to recovery: all parts of one together put an account in the place of what is known of it. What is incomplete or cannot be read is
 * passed over. Format: doc/STORE-FORMAT.md, "Snapshot". */
#include "base/in_service.h"
#include "base/memory.h"
#include "store/device_inner.h"
#include "store/inside.h"
#include "store/snapshot.h"

static enum fail unreadable(uint64_t account, struct why *w)
{
	return why_log(w, FAIL_SYNTAX, "The mail log has a problem.", "a snapshot of account %llu cannot be read",
		(unsigned long long)account);
}

static void install_row(struct mailbox *m, struct op *op)
{
	op->row.modseq = op->modseq;
	mailbox_count_row(m, &op->row, 1);
	if (op->text.n)
		uidls_keep(&m->uidls, op->row.uid, op->text);
	index_add_row(m, &op->row);
}

static void install_kept(struct kept_writer *kept, const struct op *op)
{
	struct kept_item item = {.row = op->row, .mailbox = op->mailbox, .time = op->time};

	item.row.id = op->other;
	kept_writer_add(kept, op->modseq, &item, op->text);
}

static void install_op(struct account *a, struct op *op, struct kept_writer *kept)
{
	struct mailbox *m = account_by_id(a, op->mailbox);

	if (op->kind == OP_CREATE && !m) {
		m = account_add_mailbox(a, op->mailbox, op->text);
		m->uidvalidity = op->uidvalidity;
		m->use = op->use;
	} else if (op->kind == OP_GONE) {
		a->gone = true;
	} else if (op->kind == OP_KEPT) {
		install_kept(kept, op);
	} else if (op->kind >= OP_DEVICE && op->kind <= OP_DEVICE_FORGET) {
		device_apply(a, op, op->time);
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
		index_put_vanished(m, &(struct uid_run){op->uid, op->last - op->uid + 1, 0}, 1, op->modseq);
	}
}

static enum fail install(struct store *s, struct snapshot_part *p, struct log_pos last, struct why *w)
{
	struct span ops = buf_span(&p->ops);
	struct kept_writer kept = {0};
	struct account *a;
	struct op op;
	SERVING(p->account);
	enum fail f = account_get(s, p->account, &a, w);

	if (f || a->sequence > p->sequence)
		return f;
	/* When all is told from the oldest segment on, as many batches as the snapshot has may still be fewer than it is made of. */
	if (a->sequence == p->sequence && !s->redo_all) {
		need_snapshot(&a->need, p->first.segment, last.segment, p->bytes);
		index_put_account(a);
		account_settle(a);
		return FAIL_NONE;
	}
	for (struct span all = ops; all.n;)
		if (op_decode(&all, &op))
			return unreadable(p->account, w);
	index_delete_account(a);
	account_clear(a);
	a->sequence = a->sequence_projected = p->sequence;
	a->next_message = p->next_message;
	a->next_mailbox = p->next_mailbox;
	a->last_uidvalidity = p->last_uidvalidity;
	a->tree_version++;
	need_snapshot(&a->need, p->first.segment, last.segment, p->bytes);
	kept.account = a;
	while (ops.n && !op_decode(&ops, &op))
		install_op(a, &op, &kept);
	kept_writer_end(&kept);
	for (size_t i = 0; i < a->mailbox_count; i++) {
		index_settle_rows(a->by_id[i]);
		index_put_mailbox(a->by_id[i]);
	}
	index_put_devices(a);
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

/* A part of an old one may have gone with its segment; a newer one is whole then, or something is lost. */
static void note_torn(struct store *s, const struct snapshot_part *p)
{
	s->torn = memory_resize_array(s->torn, s->torn_count + 1, sizeof(*s->torn));
	s->torn[s->torn_count++] = (struct torn_snapshot){p->account, p->sequence};
}

static void forget_torn(struct store *s, const struct snapshot_part *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->torn_count; i++)
		if (s->torn[i].account != p->account || s->torn[i].sequence > p->sequence)
			s->torn[kept++] = s->torn[i];
	s->torn_count = kept;
}

static enum fail redo_part(struct store *s, struct snapshot_part *p, enum snapshot_part_kind part, struct log_pos pos,
	struct span in, struct why *w)
{
	uint64_t chunks;

	if (part == PART_CHUNK) {
		p->chunks++;
		return buf_add(&p->ops, in) ? unreadable(p->account, w) : FAIL_NONE;
	}
	p->open = false;
	if (!span_take_varint(&in, &chunks))
		return unreadable(p->account, w);
	if (chunks != p->chunks) {
		note_torn(s, p);
		return FAIL_NONE;
	}
	forget_torn(s, p);
	return install(s, p, pos, w);
}

enum fail snapshot_redo(struct store *s, struct snapshot_part *p, struct log_pos pos, struct span record, struct why *w)
{
	size_t octets = record.n;
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
		p->first = pos;
		p->bytes = octets;
		f = redo_begin(p, record, w);
	} else if (p->open && p->account == account && p->sequence == sequence) {
		p->bytes += octets;
		f = redo_part(s, p, part, pos, record, w);
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
