/* The part of apply.c that copies (RFC 3501 §6.4.7): new messages of the same bytes. Also what moves and copies share. */
#include "base/memory.h"
#include "store/apply.h"

uint64_t apply_mapped_flags(uint64_t flags, struct span map)
{
	uint64_t out = flags & MESSAGE_SYSTEM_FLAGS;

	for (size_t i = 0; i + 1 < map.n; i += 2)
		if (flags >> map.p[i] & 1)
			out |= (uint64_t)1 << map.p[i + 1];
	return out;
}

void apply_note_carried(struct applying *ap, bool there)
{
	if (!there && ap->live && ap->uid_at < ap->live->uid_count)
		ap->live->uids[ap->uid_at] = 0; /* it was gone when its turn came */
	ap->uid_at++;
}

void apply_spend_uids(struct applying *ap, struct mailbox *m, uint32_t uid_next)
{
	if (m->uid_next < uid_next) {
		m->uid_next = uid_next;
		apply_touch(ap, m);
	}
	if (m->uid_projected < m->uid_next)
		m->uid_projected = m->uid_next;
}

static bool copy_one(struct applying *ap, struct mailbox *from, struct mailbox *to, const struct op *op, uint32_t uid,
	uint32_t to_uid)
{
	size_t i = rows_lower_bound(&from->rows, uid);
	struct row r;

	if (to_uid < to->uid_next || i >= from->rows.n || from->rows.p[i].uid != uid)
		return false;
	r = from->rows.p[i];
	r.uid = to_uid;
	r.id = op->row.id + ap->copied;
	r.flags = apply_mapped_flags(r.flags, op->map);
	r.modseq = ap->sequence;
	r.save_date = ap->time;
	apply_add_row(ap, to, &r);
	return true;
}

void apply_copy(struct applying *ap, const struct op *op)
{
	struct mailbox *from = account_by_id(ap->a, op->mailbox), *to = account_by_id(ap->a, op->other);
	struct uid_run run;

	if (!from) {
		apply_skip_runs(ap);
		return;
	}
	if (!to)
		to = apply_recovered_mailbox(ap, op->other);
	while (apply_take_run(ap, NULL, COST_COPY, &run)) {
		for (uint32_t k = 0; k < run.count; k++) {
			apply_note_carried(ap, copy_one(ap, from, to, op, run.first + k, run.to + k));
			ap->copied++;
		}
		apply_spend_uids(ap, to, run.to + run.count);
	}
}
