/* What may still name a victim although no row in the index does, or will in a moment (INV-28): batches that are being applied, ghosts of
 * expunged messages, rows of mailboxes that are deleted and still open. */
#include "base/memory.h"
#include "store/reclaim_inner.h"

static bool long_in_victim(const struct reclaimer *r, const struct row *row)
{
	bool known;

	return row->size - row->prefix > BODY_INLINE_MAX &&
	       reclaim_long_in_victim(r->segments, r->segment_count, &r->chunks, row->body, &known);
}

static bool in_victim(const struct reclaimer *r, const struct row *row)
{
	return reclaim_is_victim(r, row->body) || (row->prefix && reclaim_is_victim(r, row->prefix_pos)) ||
	       long_in_victim(r, row);
}

void reclaim_named(struct store *s, const struct row *row)
{
	struct reclaimer *r = s->reclaimer;

	if (r && r->guarding && in_victim(r, row))
		r->again = true;
}

/* ── What has been expunged ── */

static void keep_row(struct reclaimer *r, const struct row *row)
{
	if (in_victim(r, row))
		reclaim_keep_message(r, row->body, row->prefix ? row->prefix_pos : row->body, row->size - row->prefix);
}

static void keep_ghosts(struct reclaimer *r, const struct mailbox *m)
{
	for (size_t i = 0; i < m->ghost_count; i++)
		keep_row(r, &m->ghosts[i].row);
}

static void keep_account(struct reclaimer *r, const struct account *a)
{
	for (size_t i = 0; i < a->mailbox_count; i++)
		keep_ghosts(r, a->by_id[i]);
}

void reclaim_guard(struct reclaimer *r)
{
	struct store *s = r->s;

	for (size_t i = 0; i < ACCOUNT_BUCKETS; i++)
		for (const struct account *a = s->accounts[i]; a; a = a->next_in_bucket)
			keep_account(r, a);
	LIST_EACH(it, &s->gone_mailboxes)
	{
		const struct mailbox *m = CONTAINER_OF(it, struct mailbox, leaving);

		keep_ghosts(r, m);
		for (size_t i = 0; i < m->rows.n; i++)
			keep_row(r, &m->rows.p[i]);
	}
}
