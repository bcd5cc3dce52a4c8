/* The part of apply.c that deals with kept messages (kept.h): expunges that keep, and what brings back, purges and moves what is kept. */
#include "base/memory.h"
#include "store/apply.h"
#include "store/kept.h"

/* Also messages that were kept before may have been in it. */
void apply_keep_mailbox(struct applying *ap, struct mailbox *m)
{
	kept_put_rows(m, m->rows.p, m->rows.n, ap->sequence, ap->time);
	if (ap->a->kept_count)
		kept_put_mailbox(m, ap->sequence);
}

/* The kept message of the op's place, or NULL. What this batch has changed already is not in the index yet, so each window is read once: in one
 * batch places ascend. */
static struct kept_item *find(struct applying *ap, const struct op *op)
{
	struct kept_place at = {op->modseq, op->other}, last = ap->kept_last;

	if (ap->kept_purged || at.sequence >= ap->sequence || at.sequence < last.sequence ||
		(at.sequence == last.sequence && at.id <= last.id))
		return NULL;
	ap->kept_last = at;
	ap->failed = kept_open_window(&ap->kept, ap->a, at, ap->why);
	return ap->failed ? NULL : kept_find(&ap->kept, at);
}

static void bring_back(struct applying *ap, const struct op *op, struct kept_item *kept)
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
	if (kept->text_n)
		uidls_keep(&m->uidls, r.uid, kept_list_uidl(&ap->kept.list, kept));
	kept_take_out(&ap->kept, kept);
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
	struct kept_item *kept = NULL;

	if (!(m && op->uid < m->uid_next))
		kept = find(ap, op);
	if (kept)
		bring_back(ap, op, kept);
	else if (!ap->failed)
		spend_uid(ap, op);
	ap->uid_at++;
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
	struct kept_item *kept;

	apply_put_structure(ap, op->row.body);
	kept = find(ap, op);
	if (!kept)
		return;
	if (log_pos_cmp(kept->row.body, op->row.body))
		index_delete_structure(ap->a, kept->row.body);
	kept->row.body = op->row.body;
	kept->row.prefix_pos = op->row.prefix_pos;
	ap->kept.changed = true;
}
