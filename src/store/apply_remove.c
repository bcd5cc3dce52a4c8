/* The part of apply.c that takes rows away: expunges and moves (RFC 3501 §6.4.3, RFC 6851). */
#include "base/memory.h"
#include "store/apply.h"

/* Where rows go: to another mailbox, nowhere, or among the kept ones. */
enum way { WAY_MOVED, WAY_GONE, WAY_KEPT };

/* Rows that go, one after the other in the mailbox, are one event. The runs of vanished uids have those of the rows and no others, so that they
 * come to the same however a batch is cut into slices. */
struct removal {
	struct mailbox *m;
	enum way way;
	uint32_t first, last;
	size_t past; /* index of the row behind the last one of the event */
	struct uid_run *vanished;
	size_t n, cap;
	struct rows kept;
};

static void removal_flush(struct applying *ap, struct removal *x)
{
	if (x->first)
		apply_tell(ap, x->m, FEED_EXPUNGED, x->first, x->last);
	x->first = 0;
}

static void note_vanished(struct removal *x, uint32_t uid)
{
	struct uid_run *last = x->n ? &x->vanished[x->n - 1] : NULL;

	if (last && last->first + last->count == uid) {
		last->count++;
		return;
	}
	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 16;
		x->vanished = memory_resize_array(x->vanished, x->cap, sizeof(*x->vanished));
	}
	x->vanished[x->n++] = (struct uid_run){uid, 1, 0};
}

static void remove_block(struct applying *ap, struct removal *x, size_t lo, size_t hi)
{
	struct mailbox *m = x->m;

	if (x->first && x->past != lo)
		removal_flush(ap, x);
	if (!x->first)
		x->first = m->rows.p[lo].uid;
	x->last = m->rows.p[hi - 1].uid;
	x->past = hi;
	feed_keep_ghosts(
		m, &m->rows.p[lo], hi - lo, m->feed.base + m->feed.n); /* the number that the event will have */
	if (x->way == WAY_KEPT)
		memcpy(rows_add_many(&x->kept, hi - lo), &m->rows.p[lo], (hi - lo) * sizeof(struct row));
	for (size_t i = lo; i < hi; i++) {
		note_vanished(x, m->rows.p[i].uid);
		mailbox_count_row(m, &m->rows.p[i], -1);
		index_delete_row(m, &m->rows.p[i], x->way == WAY_GONE);
	}
}

/* What is left to do of what went: once it is kept its UIDLs are wanted by those only who have not heard of it yet. */
static void settle_removed(struct applying *ap, struct removal *x)
{
	struct mailbox *m = x->m;

	if (x->kept.n)
		kept_put_rows(m, x->kept.p, x->kept.n, ap->sequence, ap->time);
	index_put_vanished(m, x->vanished, x->n, ap->sequence);
	for (size_t k = 0; m->uidls.n && !feed_wanted(m) && k < x->n; k++)
		for (uint32_t i = 0; i < x->vanished[k].count; i++)
			uidls_forget(&m->uidls, x->vanished[k].first + i);
	rows_fini(&x->kept);
	free(x->vanished);
}

/* One walk over the rows, however many runs there are: what stays between them moves down, and the hole is closed at the end. */
static void remove_rows(struct applying *ap, struct mailbox *m, const struct uid_run *runs, size_t n, enum way way)
{
	struct removal x = {.m = m, .way = way};
	struct row *p = m->rows.p;
	size_t from = 0, to = 0;
	bool any = false;

	for (size_t k = 0; k < n; k++) {
		size_t lo = rows_lower_bound(&m->rows, runs[k].first), hi = lo;
		uint32_t end = runs[k].first + (runs[k].count - 1);

		while (hi < m->rows.n && p[hi].uid <= end)
			hi++;
		if (hi == lo)
			continue;
		remove_block(ap, &x, lo, hi);
		if (!any)
			from = to = lo;
		for (; from < lo; from++)
			p[to++] = p[from];
		from = hi;
		any = true;
	}
	if (!any)
		return;
	rows_cut(&m->rows, to, from - to);
	removal_flush(ap, &x);
	settle_removed(ap, &x);
	m->highest_modseq = ap->sequence;
	apply_touch(ap, m);
}

void apply_drop_rows(struct applying *ap, struct mailbox *m, const struct uid_run *runs, size_t n, bool keep)
{
	remove_rows(ap, m, runs, n, keep ? WAY_KEPT : WAY_GONE);
}

void apply_expunge(struct applying *ap, const struct op *op)
{
	struct mailbox *m = account_by_id(ap->a, op->mailbox);
	struct uid_run *runs = NULL, run;
	size_t n = 0, cap = 0;

	if (!m) {
		apply_skip_runs(ap);
		return;
	}
	while (apply_take_run(ap, &m->rows, COST_DROP, &run)) {
		if (n == cap) {
			cap = cap ? cap * 2 : 4;
			runs = memory_resize_array(runs, cap, sizeof(*runs));
		}
		runs[n++] = run;
	}
	apply_drop_rows(ap, m, runs, n, op->kind == OP_EXPUNGE_KEEP);
	free(runs);
}

/* ── Moving ── */

struct moving {
	struct rows rows;     /* as they will be in the target */
	struct uid_run *gone; /* of the source */
	size_t count, cap;
	uint32_t uid_next;
	unsigned char *taken; /* by index in the source: a uid that is named twice moves once */
};

static bool move_one(
	struct applying *ap, struct moving *mv, struct mailbox *from, const struct op *op, uint32_t uid, uint32_t to)
{
	size_t i = rows_lower_bound(&from->rows, uid);
	struct row *r;

	if (i >= from->rows.n || from->rows.p[i].uid != uid || mv->taken[i])
		return false;
	mv->taken[i] = 1;
	r = rows_add(&mv->rows);
	*r = from->rows.p[i];
	r->uid = to;
	r->flags = apply_mapped_flags(r->flags, op->map);
	r->modseq = ap->sequence;
	r->save_date = ap->time;
	if (mv->count == mv->cap) {
		mv->cap = mv->cap ? mv->cap * 2 : 16;
		mv->gone = memory_resize_array(mv->gone, mv->cap, sizeof(*mv->gone));
	}
	mv->gone[mv->count++] = (struct uid_run){uid, 1, to};
	return true;
}

static void gather(
	struct applying *ap, struct moving *mv, struct mailbox *from, struct mailbox *to, const struct op *op)
{
	struct uid_run run;

	while (apply_take_run(ap, NULL, COST_MOVE, &run)) {
		for (uint32_t k = 0; k < run.count; k++) {
			bool there =
				run.to + k >= to->uid_next && move_one(ap, mv, from, op, run.first + k, run.to + k);

			apply_note_carried(ap, there);
		}
		/* Also the uids of those that were gone are used up. */
		mv->uid_next = run.to + run.count > mv->uid_next ? run.to + run.count : mv->uid_next;
	}
}

static void carry_uidls(struct mailbox *from, struct mailbox *to, const struct moving *mv)
{
	for (size_t i = 0; from->uidls.n && i < mv->count; i++) {
		const char *text = mailbox_kept_uidl(from, mv->gone[i].first);

		if (text)
			uidls_keep(&to->uidls, mv->gone[i].to, span_of(text));
	}
}

void apply_move(struct applying *ap, const struct op *op)
{
	struct mailbox *from = account_by_id(ap->a, op->mailbox), *to = account_by_id(ap->a, op->other);
	struct moving mv = {0};

	if (!from) {
		apply_skip_runs(ap);
		return;
	}
	if (!to)
		to = apply_recovered_mailbox(ap, op->other);
	mv.taken = memory_new(from->rows.n + 1);
	gather(ap, &mv, from, to, op);
	carry_uidls(from, to, &mv);
	mv.count = runs_normal(mv.gone, mv.count);
	remove_rows(ap, from, mv.gone, mv.count, WAY_MOVED);
	for (size_t i = 0; i < mv.rows.n; i++)
		apply_add_row(ap, to, &mv.rows.p[i]);
	apply_spend_uids(ap, to, mv.uid_next);
	rows_fini(&mv.rows);
	free(mv.gone);
	free(mv.taken);
}
