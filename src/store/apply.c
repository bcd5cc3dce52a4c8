/* What each op of a durable batch changes: rows, counts, tree, index, feed. An op that is applied twice, wholly or in part, must come to the same
 * (apply_batch.c). Nothing here waits, and nothing here may be called before the log's sync has returned (INV-1). */
#include "base/memory.h"
#include "store/apply.h"
#include "store/device_inner.h"

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

static bool has_body(enum op_kind kind)
{
	return kind == OP_MESSAGE || kind == OP_RELOCATE || kind == OP_RELOCATE_KEPT;
}

/* The structure came with the body; when redoing, message_structure finds it in the log. */
void apply_put_structure(struct applying *ap, struct log_pos pos)
{
	struct batch *b = ap->live;
	struct body *body;

	if (!b)
		return;
	while (ap->staged < b->count && !has_body(b->ops[ap->staged].op.kind))
		ap->staged++;
	if (ap->staged >= b->count)
		return;
	body = b->ops[ap->staged++].body;
	if (body && log_pos_cmp(body->pos, pos) == 0)
		index_put_structure(ap->a, pos, buf_span(&body->structure));
}

void apply_add_row(struct applying *ap, struct mailbox *m, const struct row *r)
{
	reclaim_named(ap->s, r);
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
		if (ap->again)
			return;
		store_report(ap->s, "account %llu: a message came with uid %u, which is used: passed over",
			(unsigned long long)ap->a->id, (unsigned)op->row.uid);
		return;
	}
	op->row.modseq = ap->sequence;
	if (op->text.n)
		uidls_keep(&m->uidls, op->row.uid, op->text);
	apply_put_structure(ap, op->row.body);
	apply_add_row(ap, m, &op->row);
}

/* ── Flags ── */

/* One that has the batch's number already is told of again, so that a part that was applied before comes to what the whole does. */
static bool change_flags(struct applying *ap, struct mailbox *m, const struct op *op, struct row *r)
{
	uint64_t flags = (r->flags & ~op->clear) | op->set;

	if (flags == r->flags && (!ap->again || r->modseq != ap->sequence))
		return false;
	mailbox_count_row(m, r, -1);
	r->flags = flags;
	if (!(flags & MESSAGE_SEEN) && r->uid < m->seen_below)
		m->seen_below = r->uid;
	r->modseq = ap->sequence;
	mailbox_count_row(m, r, 1);
	index_put_row(m, r);
	return true;
}

static void apply_flags(struct applying *ap, const struct op *op)
{
	struct mailbox *m = account_by_id(ap->a, op->mailbox);
	uint32_t first = 0, last = 0;
	struct uid_run run;

	if (!m) {
		apply_skip_runs(ap);
		return;
	}
	while (apply_take_run(ap, &m->rows, COST_FLAGS, &run)) {
		uint32_t end = run.first + (run.count - 1);
		size_t i = rows_lower_bound(&m->rows, run.first);

		for (; i < m->rows.n && m->rows.p[i].uid <= end; i++) {
			if (!change_flags(ap, m, op, &m->rows.p[i]))
				continue;
			first = first ? first : m->rows.p[i].uid;
			last = m->rows.p[i].uid;
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

	apply_put_structure(ap, op->row.body);
	if (!m || i >= m->rows.n || m->rows.p[i].uid != op->uid)
		return;
	if (log_pos_cmp(m->rows.p[i].body, op->row.body))
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

/* Messages of a mailbox that is to go, as many as there is room for, the last ones first. */
static void drop_some(struct applying *ap, struct mailbox *m, bool keep)
{
	size_t n = ap->room / COST_DROP + 1, first = m->rows.n - (n < m->rows.n ? n : m->rows.n);
	uint32_t uid = m->rows.p[first].uid;

	apply_drop_rows(ap, m, &(struct uid_run){uid, m->rows.p[m->rows.n - 1].uid - uid + 1, 0}, 1, keep);
	ap->room = 0;
}

static void apply_delete(struct applying *ap, const struct op *op)
{
	struct mailbox *m = account_by_id(ap->a, op->mailbox);
	bool keep = op->kind == OP_DELETE_KEEP;

	if (!m)
		return;
	ap->in_op = m->rows.n > ap->room / COST_DROP;
	if (ap->in_op) {
		drop_some(ap, m, keep);
		return;
	}
	if (keep)
		apply_keep_mailbox(ap, m);
	index_delete_mailbox(m, !keep);
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

/* Nothing a client sees but by asking what vanished. */
static void apply_merge_vanished(struct applying *ap, const struct op *op)
{
	struct mailbox *m = account_by_id(ap->a, op->mailbox);

	if (m)
		ap->failed = vanished_merge(m, op->modseq, ap->why);
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

void apply_op(struct applying *ap, struct op *op)
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
	case OP_COPY: apply_copy(ap, op); break;
	case OP_RELOCATE: apply_relocate(ap, op); break;
	case OP_UNDELETE: apply_undelete(ap, op); break;
	case OP_PURGE: apply_purge(ap, op); break;
	case OP_RELOCATE_KEPT: apply_relocate_kept(ap, op); break;
	case OP_UIDVALIDITY: apply_uidvalidity(ap, op); break;
	case OP_GONE: apply_gone(ap); break;
	case OP_MERGE_VANISHED: apply_merge_vanished(ap, op); break;
	case OP_DEVICE:
	case OP_DEVICE_MARKS:
	case OP_DEVICE_POLICY:
	case OP_DEVICE_FORGET:
		apply_skip_runs(ap);
		device_apply(ap->a, op, ap->time);
		break;
	case OP_STATE:
	case OP_ROW:
	case OP_KEPT:
	case OP_VANISHED: break; /* prepare has refused them */
	}
}
