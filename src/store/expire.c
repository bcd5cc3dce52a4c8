/* The walk of expire.h:
 *
 *   step ─► look_for (the next account that keeps anything) ─► due (its oldest page) ─┬─ nothing: the next
 *     ▲                                                                               └─ purge ─► batch_commit ─► purged ─┐
 *     └───────────────────────────────────────────────────────────────────────────────────────────────────────────────────┘ */
#include "store/expire.h"

#include "base/clock.h"
#include "base/in_service.h"
#include "base/memory.h"
#include "store/inside.h"
#include "store/rebuild.h"

enum { SLICE_US = 1000 };

static void finish(struct expiry *e, enum fail f)
{
	account_close(e->open);
	e->open = NULL;
	e->running = false;
	e->done(e, f);
}

static void purged(struct store_wait *w, enum fail f)
{
	struct expiry *e = CONTAINER_OF(w, struct expiry, wait);

	batch_free(e->batch);
	e->batch = NULL;
	if (f)
		finish(e, f);
	else
		loop_defer(e->store->loop, &e->next);
}

/* One that is set aside, or whose index is being made anew, is not as the log says: its turn comes another time. */
static bool is_whole(const struct store *s, uint64_t account)
{
	return !store_is_aside(s, account) && (!s->rebuild || rebuild_has(s->rebuild, account));
}

/* Without taking the place of an account that somebody uses. */
static enum fail look_for(struct expiry *e)
{
	struct account *a = NULL;
	uint64_t kept = 0;
	enum fail f = store_next_account(e->store, e->account, &e->account, &e->wait.why);

	if (!f && e->account && is_whole(e->store, e->account))
		f = index_peek_kept(e->store->kv, e->account, &kept, &e->wait.why);
	if (!f && kept)
		f = account_get(e->store, e->account, &a, &e->wait.why);
	if (!f && a) {
		account_hold(a);
		e->open = a;
	}
	return f;
}

/* The newest of `page` that is due, and with it all before it; counted from 1, 0 = none. A date in the future is of a clock that was wrong: it
 * makes nobody wait. */
static size_t due_of(const struct expiry *e, const struct kept_message *page, size_t n, int64_t now, bool *future_out)
{
	uint64_t size = account_kept_size(e->open);
	size_t due = 0;

	*future_out = true;
	for (size_t i = 0; i < n; i++) {
		int64_t age = now - page[i].expunged;

		if (age >= 0)
			*future_out = false;
		if ((age >= 0 && (uint64_t)age >= e->limits.seconds) || (e->limits.bytes && size > e->limits.bytes))
			due = i + 1;
		size -= page[i].message.size;
	}
	return due;
}

/* Whether anything is due, and up to where it goes. */
static enum fail due(struct expiry *e, struct kept_place *last_out, uint64_t *count_out)
{
	struct kept_message page[KEPT_PURGE_MAX];
	struct kept_place after = {0, 0};
	int64_t now = clock_wall_seconds();
	bool future;
	size_t n, due;
	enum fail f;

	do {
		f = account_kept(e->open, after, KEPT_PURGE_MAX, page, &n, &e->wait.why);
		if (f)
			return f;
		due = due_of(e, page, n, now, &future);
		if (n)
			after = page[n - 1].place;
	} while (!due && future && n == KEPT_PURGE_MAX);
	*count_out = due;
	if (due)
		*last_out = page[due - 1].place;
	return FAIL_NONE;
}

/* FAIL_BUSY: a purge is under way. */
static enum fail look_at(struct expiry *e)
{
	struct kept_place last;
	uint64_t count;
	enum fail f;
	SERVING(e->account);

	f = due(e, &last, &count);
	if (f)
		return f;
	if (!count) {
		account_close(e->open);
		e->open = NULL;
		return FAIL_NONE;
	}
	e->purged += count;
	e->batch = batch_begin(e->open);
	f = batch_purge(e->batch, last, &e->wait.why);
	if (!f)
		f = batch_commit(e->batch, &e->wait);
	if (f != FAIL_BUSY) {
		batch_free(e->batch);
		e->batch = NULL;
	}
	return f;
}

static void step(struct deferred *d)
{
	struct expiry *e = CONTAINER_OF(d, struct expiry, next);
	int64_t began = clock_mono_us();
	enum fail f = FAIL_NONE;

	do {
		f = e->open ? look_at(e) : look_for(e);
	} while (!f && (e->open || e->account) && clock_mono_us() - began < SLICE_US);
	if (f == FAIL_BUSY)
		return;
	if (f || (!e->open && !e->account))
		finish(e, f);
	else
		loop_defer(e->store->loop, &e->next);
}

void expiry_init(struct expiry *e, struct store *s, void (*done)(struct expiry *e, enum fail f))
{
	*e = (struct expiry){.store = s, .done = done};
	deferred_init(&e->next, step);
	store_wait_init(&e->wait, purged);
}

void expiry_run(struct expiry *e, const struct expire_limits *limits)
{
	if (e->running)
		return;
	e->running = true;
	e->limits = *limits;
	e->account = e->purged = 0;
	loop_defer(e->store->loop, &e->next);
}

void expiry_stop(struct expiry *e)
{
	if (!e->running)
		return;
	deferred_cancel(&e->next);
	store_wait_cancel(&e->wait);
	batch_free(e->batch);
	e->batch = NULL;
	account_close(e->open);
	e->open = NULL;
	e->running = false;
}
