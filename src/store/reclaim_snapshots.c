/* The accounts that need a victim for a rebuild are written as snapshots, one after the other, so that they need it no longer. Must pass over no
 * account that is gone: the fact that it is must stay. */
#include "base/in_service.h"
#include "store/reclaim_inner.h"

static void snapshot_written(struct store_wait *w, enum fail f)
{
	struct reclaimer *r = CONTAINER_OF(w, struct reclaimer, wait);

	if (f) {
		r->fail = f;
		r->why = w->why;
	} else {
		r->result.snapshots++;
	}
	reclaim_again(r);
}

static bool needs_victim(const struct reclaimer *r, const struct account *a)
{
	for (size_t i = 0; i < r->segment_count; i++)
		if (r->segments[i].victim && need_names(&a->need, r->segments[i].number))
			return true;
	return false;
}

static void snapshot_opened(struct store_wait *w, enum fail f)
{
	struct reclaimer *r = CONTAINER_OF(w, struct reclaimer, wait);

	r->opened = f;
	reclaim_again(r);
}

/* Accounts that are gone too: the fact that they are must stay. */
bool reclaim_snapshots(struct reclaimer *r)
{
	uint64_t id;

	if (r->snapshot_at >= r->survey.account_count) {
		r->phase = RECLAIM_NAME;
		return true;
	}
	id = r->survey.accounts[r->snapshot_at];
	store_wait_init(&r->wait, snapshot_opened);
	r->opened = account_open(r->s, id, &r->wait, &r->account);
	r->phase = RECLAIM_SNAPSHOT;
	return r->opened != FAIL_BUSY;
}

bool reclaim_snapshot(struct reclaimer *r)
{
	uint64_t id = r->survey.accounts[r->snapshot_at++];
	enum fail f = r->opened;
	SERVING(id);

	r->phase = RECLAIM_SNAPSHOTS;
	if (f == FAIL_NOT_FOUND) { /* it has been loaded, to see that */
		f = account_get(r->s, id, &r->account, &r->why);
		if (!f)
			account_hold(r->account);
	}
	if (f) {
		r->fail = f;
		return true;
	}
	store_wait_init(&r->wait, snapshot_written);
	if (needs_victim(r, r->account))
		f = snapshot_account(r->account, &r->wait);
	if (f == FAIL_BUSY)
		reclaim_cost(r, r->account->need.snapshot);
	account_close(r->account);
	r->account = NULL;
	return f != FAIL_BUSY;
}
