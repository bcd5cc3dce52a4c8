/* A durable batch becomes true: rows, counts, tree, index, feed. The same function serves the living store and the redo at opening, so a
 * history always comes to the same rows; a batch that has been applied is recognised by its number and passed over (INV-21 in
 * doc/STORE-FORMAT.md). Nothing here waits, and nothing here may be called before the log's sync has returned (INV-1). */
#include "base/in_service.h"
#include "base/memory.h"
#include "store/apply.h"

void apply_touch(struct applying *ap, struct mailbox *m)
{
	list_remove(&m->dirty);
	list_append(&ap->dirty, &m->dirty);
}

void apply_tell(struct applying *ap, struct mailbox *m, enum feed_kind kind, uint32_t first, uint32_t last)
{
	struct feed_event e = {
		.kind = kind,
		.uid_first = first,
		.uid_last = last,
		.modseq = ap->sequence,
		.author = ap->live ? ap->live->author : NULL,
	};

	feed_add(m, &e);
}

/* ── Adding ── */

/* The structure came with the body; when redoing, message_structure finds it in the log. */
static void put_structure(struct applying *ap, struct log_pos pos)
{
	struct batch *b = ap->live;
	struct body *body;

	if (!b)
		return;
	while (ap->staged < b->count && b->ops[ap->staged].op.kind != OP_MESSAGE)
		ap->staged++;
	if (ap->staged >= b->count)
		return;
	body = b->ops[ap->staged++].body;
	if (body && log_pos_cmp(body->pos, pos) == 0)
		index_put_structure(ap->a, pos, buf_span(&body->structure));
}

void apply_add_row(struct applying *ap, struct mailbox *m, const struct row *r)
{
	(void)!reclaim_named(ap->s, r);
	if (m->state == ROWS_LOADED)
		*rows_add(&m->rows) = *r;
	else if (m->state == ROWS_LOADING)
		*rows_add(&m->arrived) = *r;
	mailbox_count_row(m, r, 1);
	m->uid_next = r->uid + 1;
	if (m->uid_projected < m->uid_next)
		m->uid_projected = m->uid_next;
	m->highest_modseq = ap->sequence;
	if (r->id >= ap->a->next_message)
		ap->a->next_message = r->id + 1;
	index_add_row(m, r);
	apply_tell(ap, m, FEED_APPEARED, r->uid, r->uid);
	apply_touch(ap, m);
}

/* Mail is never dropped: when the record that made its mailbox is lost to rot, it comes into one that is made for it. (Or the record has gone
 * with its segment; then a snapshot follows that takes the place of all this.) */
struct mailbox *apply_recovered_mailbox(struct applying *ap, uint64_t id)
{
	struct store *s = ap->s;
	char name[RECOVERED_NAME_MAX];
	struct mailbox *m;

	s->recovered = memory_resize_array(s->recovered, s->recovered_count + 1, sizeof(*s->recovered));
	s->recovered[s->recovered_count++] = (struct recovered){ap->a->id, id};
	recovered_name(id, name);
	m = account_add_mailbox(ap->a, id, span_of(name));
	m->uidvalidity = ++ap->a->last_uidvalidity;
	if (id >= ap->a->next_mailbox)
		ap->a->next_mailbox = id + 1;
	ap->a->tree_version++;
	return m;
}

static void apply_message(struct applying *ap, struct op *op)
{
	struct mailbox *m = account_by_id(ap->a, op->mailbox);

	ap->uid_at++;
	if (!m)
		m = apply_recovered_mailbox(ap, op->mailbox);
	if (op->row.uid < m->uid_next) {
		store_report(ap->s, "account %llu: a message came with uid %u, which is used: passed over",
			(unsigned long long)ap->a->id, (unsigned)op->row.uid);
		return;
	}
	op->row.modseq = ap->sequence;
	if (op->text.n)
		uidls_keep(&m->uidls, op->row.uid, op->text);
	put_structure(ap, op->row.body);
	apply_add_row(ap, m, &op->row);
}

/* ── Flags ── */

static void apply_flags(struct applying *ap, const struct op *op)
{
	struct mailbox *m = account_by_id(ap->a, op->mailbox);
	struct span runs = op->encoded_runs;
	uint32_t first = 0, last = 0;
	struct uid_run run;

	if (!m)
		return;
	while (op_run_take(op, &runs, &run)) {
		uint32_t end = run.first + (run.count - 1);

		for (size_t i = rows_lower_bound(&m->rows, run.first); i < m->rows.n && m->rows.p[i].uid <= end; i++) {
			struct row *r = &m->rows.p[i];
			uint64_t flags = (r->flags & ~op->clear) | op->set;

			if (flags == r->flags)
				continue;
			mailbox_count_row(m, r, -1);
			r->flags = flags;
			r->modseq = ap->sequence;
			mailbox_count_row(m, r, 1);
			index_put_row(m, r);
			first = first ? first : r->uid;
			last = r->uid;
		}
	}
	if (!first)
		return;
	m->highest_modseq = ap->sequence;
	apply_tell(ap, m, FEED_FLAGS, first, last);
	apply_touch(ap, m);
}

/* ── The bytes' place ── */

/* The bytes of a message stand elsewhere now: nothing that a client sees. */
static void apply_relocate(struct applying *ap, const struct op *op)
{
	struct mailbox *m = account_by_id(ap->a, op->mailbox);
	size_t i = m ? rows_lower_bound(&m->rows, op->uid) : 0;

	if (!m || i >= m->rows.n || m->rows.p[i].uid != op->uid)
		return;
	index_delete_structure(ap->a, m->rows.p[i].body);
	m->rows.p[i].body = op->row.body;
	m->rows.p[i].prefix_pos = op->row.prefix_pos;
	index_put_row(m, &m->rows.p[i]);
	apply_touch(ap, m);
}

/* ── The tree ── */

static void apply_create(struct applying *ap, const struct op *op)
{
	struct account *a = ap->a;
	struct mailbox *m;

	if (account_by_id(a, op->mailbox))
		return;
	m = account_add_mailbox(a, op->mailbox, op->text);
	m->uidvalidity = op->uidvalidity;
	m->use = op->use;
	m->highest_modseq = ap->sequence;
	if (op->mailbox >= a->next_mailbox)
		a->next_mailbox = op->mailbox + 1;
	if (op->uidvalidity > a->last_uidvalidity)
		a->last_uidvalidity = op->uidvalidity;
	a->tree_version++;
	apply_touch(ap, m);
}

static void apply_delete(struct applying *ap, const struct op *op)
{
	struct mailbox *m = account_by_id(ap->a, op->mailbox);

	if (!m)
		return;
	if (op->kind == OP_DELETE_KEEP)
		apply_keep_mailbox(ap, m);
	index_delete_mailbox(m);
	apply_tell(ap, m, FEED_DELETED, 0, 0);
	account_remove_mailbox(m);
	ap->a->tree_version++;
}

static void apply_rename(struct applying *ap, const struct op *op)
{
	struct mailbox *m = account_by_id(ap->a, op->mailbox);

	if (!m)
		return;
	account_rename_mailbox(m, op->text);
	ap->a->tree_version++;
	apply_touch(ap, m);
}

/* The mailboxes of a store that came from a backup: what clients remember of them may be of later than it is. */
static void apply_uidvalidity(struct applying *ap, const struct op *op)
{
	struct mailbox *m = account_by_id(ap->a, op->mailbox);

	if (!m || op->uidvalidity <= m->uidvalidity)
		return;
	m->uidvalidity = op->uidvalidity;
	if (op->uidvalidity > ap->a->last_uidvalidity)
		ap->a->last_uidvalidity = op->uidvalidity;
	ap->a->tree_version++;
	apply_touch(ap, m);
}

/* Nothing is left but its number and the fact (INV-27). */
static void apply_gone(struct applying *ap)
{
	struct account *a = ap->a;

	while (a->mailbox_count) {
		struct mailbox *m = a->by_id[a->mailbox_count - 1];

		apply_tell(ap, m, FEED_DELETED, 0, 0);
		account_remove_mailbox(m);
	}
	account_clear(a);
	a->gone = true;
	a->tree_version++;
	ap->failed = kept_note_all(a, ap->time, ap->why);
	index_delete_account(a);
}

static void apply_keyword(struct applying *ap, const struct op *op)
{
	struct mailbox *m = account_by_id(ap->a, op->mailbox);

	if (!m || m->keywords_applied >> op->bit & 1)
		return;
	mailbox_define_keyword(m, op->bit, op->text);
	apply_tell(ap, m, FEED_KEYWORDS, 0, 0);
	apply_touch(ap, m);
}

static void apply_recent(struct applying *ap, const struct op *op)
{
	struct mailbox *m = account_by_id(ap->a, op->mailbox);

	if (!m || op->uid <= m->recent_from)
		return;
	m->recent_from = op->uid;
	apply_touch(ap, m);
}

static void apply_op(struct applying *ap, struct op *op)
{
	switch (op->kind) {
	case OP_ACCOUNT:
		if (op->other > ap->a->next_message)
			ap->a->next_message = op->other;
		break;
	case OP_CREATE: apply_create(ap, op); break;
	case OP_DELETE:
	case OP_DELETE_KEEP: apply_delete(ap, op); break;
	case OP_RENAME: apply_rename(ap, op); break;
	case OP_SUBSCRIBE:
		account_set_subscribed(ap->a, op->text, op->on);
		index_put_subscription(ap->a, op->text, op->on);
		ap->a->tree_version++;
		break;
	case OP_KEYWORD: apply_keyword(ap, op); break;
	case OP_MESSAGE: apply_message(ap, op); break;
	case OP_FLAGS: apply_flags(ap, op); break;
	case OP_EXPUNGE:
	case OP_EXPUNGE_KEEP: apply_expunge(ap, op); break;
	case OP_RECENT: apply_recent(ap, op); break;
	case OP_MOVE: apply_move(ap, op); break;
	case OP_RELOCATE: apply_relocate(ap, op); break;
	case OP_UNDELETE: apply_undelete(ap, op); break;
	case OP_PURGE: apply_purge(ap, op); break;
	case OP_RELOCATE_KEPT: apply_relocate_kept(ap, op); break;
	case OP_UIDVALIDITY: apply_uidvalidity(ap, op); break;
	case OP_GONE: apply_gone(ap); break;
	case OP_STATE:
	case OP_ROW:
	case OP_KEPT:
	case OP_VANISHED: break; /* prepare has refused them */
	}
}

/* ── The batch ── */

bool op_needs_rows(enum op_kind kind)
{
	return op_ranges(kind) || kind == OP_MOVE || kind == OP_DELETE || kind == OP_DELETE_KEEP || kind == OP_RELOCATE;
}

/* Reads the index as it is before the batch. */
static bool needs_index(enum op_kind kind)
{
	return kind == OP_UNDELETE || kind == OP_PURGE || kind == OP_RELOCATE_KEPT || kind == OP_GONE;
}

/* Rows that the ops need are read before the first of them changes anything, and what earlier batches gathered for the index is
 * written first, so that they are there. */
static enum fail load_rows_of(struct applying *ap, uint64_t mailbox, struct why *w)
{
	struct mailbox *m = account_by_id(ap->a, mailbox);
	enum fail f;

	if (!m || m->state == ROWS_LOADED)
		return FAIL_NONE;
	f = index_write(ap->s, w);
	if (!f)
		f = mailbox_load_now(m, w);
	if (!f)
		apply_touch(ap, m); /* so that it is settled, whatever the ops come to */
	return f;
}

/* FAIL_SYNTAX, so that it is not taken for a fault of the index. */
static enum fail unreadable(enum fail f, uint64_t account, struct why *w)
{
	if (f == FAIL_CONFIG)
		return why(w, f, "The mail log was written by a newer version of Barid.");
	return why_log(w, FAIL_SYNTAX, "The mail log has a problem.", "a batch of account %llu cannot be read",
		(unsigned long long)account);
}

/* Every op is looked at before any is applied: a record that cannot be read whole changes nothing. */
static enum fail prepare(struct applying *ap, struct span ops, struct why *w)
{
	struct op op;
	enum fail f = FAIL_NONE;

	while (!f && ops.n) {
		f = op_decode(&ops, &op);
		if (!f && op_of_snapshots(op.kind))
			f = FAIL_CORRUPT;
		if (f)
			return unreadable(f, ap->a->id, w);
		if (op_needs_rows(op.kind))
			f = load_rows_of(ap, op.mailbox, w);
		else if (needs_index(op.kind) && ap->s->index.count)
			f = index_write(ap->s, w);
	}
	return f;
}

static void finish(struct applying *ap)
{
	struct account *a = ap->a;

	a->sequence = ap->sequence;
	if (a->sequence_projected < a->sequence)
		a->sequence_projected = a->sequence;
	while (!list_empty(&ap->dirty)) {
		struct mailbox *m = CONTAINER_OF(ap->dirty.next, struct mailbox, dirty);

		list_remove(&m->dirty);
		index_settle_rows(m);
		index_put_mailbox(m);
		mailbox_settle(m);
	}
	index_put_account(a);
}

static enum fail apply_ops(struct applying *ap, struct span ops, uint32_t segment, size_t octets, struct why *w)
{
	enum fail f = prepare(ap, ops, w);
	struct op op;

	while (!f && ops.n && !(f = op_decode(&ops, &op))) {
		apply_op(ap, &op);
		f = ap->failed;
	}
	if (!f) {
		need_batch(&ap->a->need, segment, octets);
		finish(ap);
	}
	return f;
}

enum fail batch_apply(struct store *s, struct log_pos pos, struct span record, struct batch *live, struct why *w)
{
	size_t octets = record.n;
	struct applying ap = {.s = s, .live = live, .why = w};
	struct batch_head head;
	enum fail f = batch_head_decode(&record, &head);
	SERVING(f ? 0 : head.account);

	if (f)
		return unreadable(f, 0, w);
	f = account_get(s, head.account, &ap.a, w);
	if (f)
		return f;
	ap.sequence = head.sequence;
	ap.time = head.time;
	list_init(&ap.dirty);
	if (head.sequence > ap.a->sequence)
		f = apply_ops(&ap, record, pos.segment, octets, w);
	if (!live)
		account_settle(ap.a);
	else if (!f)
		snapshot_if_due(ap.a);
	return f;
}
