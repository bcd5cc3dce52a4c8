/* The part of apply.c that deals with kept messages (kept.h): expunges that keep, and what brings back, purges and moves what is kept. */
#include "base/memory.h"
#include "store/apply.h"
#include "store/kept.h"

enum { VALUE_MAX = 32 << 10 };

void apply_keep_row(struct applying *ap, struct mailbox *m, const struct row *r)
{
	const char *uidl = mailbox_kept_uidl(m, r->uid);

	kept_put(ap->a, &(struct op){.kind = OP_KEPT,
				.mailbox = m->id,
				.modseq = ap->sequence,
				.other = r->id,
				.time = ap->time,
				.row = *r,
				.text = span_of(uidl ? uidl : "")});
}

/* Also messages that were kept before may have been in it. */
void apply_keep_mailbox(struct applying *ap, struct mailbox *m)
{
	for (size_t i = 0; i < m->rows.n; i++)
		apply_keep_row(ap, m, &m->rows.p[i]);
	if (ap->a->kept_count)
		kept_put_mailbox(m, ap->sequence);
}

/* What this batch has changed already is not in the index yet, so each kept row is looked at once: in one batch places ascend. */
static bool in_order(struct applying *ap, const struct op *op)
{
	struct kept_place at = {op->modseq, op->other}, last = ap->kept_last;

	if (ap->kept_purged || at.sequence < last.sequence || (at.sequence == last.sequence && at.id <= last.id))
		return false;
	ap->kept_last = at;
	return true;
}

static void bring_back(struct applying *ap, const struct op *op, const struct op *kept)
{
	struct mailbox *m = account_by_id(ap->a, op->mailbox);
	struct row r = kept->row;

	if (!m)
		m = apply_recovered_mailbox(ap, op->mailbox);
	r.id = op->other;
	r.uid = op->uid;
	r.flags = op->set;
	r.modseq = ap->sequence;
	r.save_date = ap->time;
	if (kept->text.n)
		uidls_keep(&m->uidls, r.uid, kept->text);
	kept_remove(ap->a, kept);
	apply_add_row(ap, m, &r);
}

/* One that is gone when its turn comes is passed over; its UID is used up all the same. */
static void spend_uid(struct applying *ap, const struct op *op)
{
	struct mailbox *m = account_by_id(ap->a, op->mailbox);

	if (ap->live && ap->uid_at < ap->live->uid_count)
		ap->live->uids[ap->uid_at] = 0;
	if (!m || op->uid < m->uid_next || op->uid == UINT32_MAX)
		return;
	m->uid_next = op->uid + 1;
	if (m->uid_projected < m->uid_next)
		m->uid_projected = m->uid_next;
	apply_touch(ap, m);
}

void apply_undelete(struct applying *ap, const struct op *op)
{
	struct mailbox *m = account_by_id(ap->a, op->mailbox);
	struct buf space;
	struct op kept;
	enum fail f = FAIL_NOT_FOUND;

	buf_init(&space, VALUE_MAX);
	if (in_order(ap, op) && !(m && op->uid < m->uid_next))
		f = kept_get(ap->a, ap->kept_last, &space, &kept, ap->why);
	if (!f)
		bring_back(ap, op, &kept);
	else if (f == FAIL_NOT_FOUND)
		spend_uid(ap, op);
	else
		ap->failed = f;
	ap->uid_at++;
	buf_fini(&space);
}

void apply_purge(struct applying *ap, const struct op *op)
{
	if (ap->kept_purged || ap->kept_last.sequence)
		return;
	ap->kept_purged = true;
	ap->failed = kept_purge(ap->a, (struct kept_place){op->modseq, op->other}, ap->time, ap->why);
}

void apply_relocate_kept(struct applying *ap, const struct op *op)
{
	struct buf space;
	struct op kept;
	enum fail f = FAIL_NOT_FOUND;

	apply_put_structure(ap, op->row.body);
	buf_init(&space, VALUE_MAX);
	if (in_order(ap, op))
		f = kept_get(ap->a, ap->kept_last, &space, &kept, ap->why);
	if (!f) {
		if (log_pos_cmp(kept.row.body, op->row.body))
			index_delete_structure(ap->a, kept.row.body);
		kept.row.body = op->row.body;
		kept.row.prefix_pos = op->row.prefix_pos;
		kept_move(ap->a, &kept);
	} else if (f != FAIL_NOT_FOUND) {
		ap->failed = f;
	}
	buf_fini(&space);
}
