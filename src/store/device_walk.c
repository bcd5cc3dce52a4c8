/* The walk of device_walk.h:
 *
 *   step ─► look_for (the next account with devices of which something is due) ─► open INBOX ─► settle ─► batch_commit ─► committed ─┐
 *     ▲                                                                                                                       │
 *     └───────────────────────────────────────────────────────────────────────────────────────────────────────────────────┘ */
#include "store/device_walk.h"

#include "base/clock.h"
#include "base/in_service.h"
#include "base/memory.h"
#include "store/device_inner.h"
#include "store/rebuild.h"

enum { SLICE_US = 1000 };

static void release(struct device_walk *d)
{
	batch_free(d->batch);
	mailbox_close(d->inbox);
	account_close(d->account);
	d->batch = NULL;
	d->inbox = NULL;
	d->account = NULL;
}

static void finish(struct device_walk *d, enum fail f)
{
	release(d);
	d->running = false;
	d->done(d, f);
}

/* One that is set aside, or whose index is being made anew, is not as the log says: its turn comes another time. */
static bool is_whole(const struct store *s, uint64_t account)
{
	return !store_is_aside(s, account) && (!s->rebuild || rebuild_has(s->rebuild, account));
}

/* Without the rows of INBOX: nearly always there is nothing to do. */
static bool is_due(const struct account *a, const struct device_rules *rules)
{
	const struct devices *all = a->devices;
	struct marks gone = {0}, let_go = {0};
	bool over = false, any;
	size_t n = 0;

	for (size_t i = 0; all && i < all->n && !over; i++) {
		const struct known_device *k = all->at[i];

		over = device_is_over(k, rules);
		device_let_go(&k->downloaded, &k->deleted,
			account_device_policy_of(a, span_of(k->name), rules->otherwise), rules->now, &let_go);
		if (n++)
			marks_intersect(&gone, &let_go);
		else
			marks_copy(&gone, &let_go);
	}
	any = gone.n > 0;
	marks_fini(&gone);
	marks_fini(&let_go);
	return over || any;
}

/* Without taking the place of an account that somebody uses. */
static enum fail look_for(struct device_walk *d)
{
	struct store *s = d->store;
	struct account *a = NULL;
	bool devices = false;
	enum fail f = store_next_account(s, d->at, &d->at, &d->why);

	if (!f && d->at && is_whole(s, d->at))
		f = index_peek_devices(s->kv, d->at, &devices, &d->why);
	if (!f && devices)
		f = account_get(s, d->at, &a, &d->why);
	if (f || !a || a->gone || !is_due(a, &d->rules))
		return f;
	account_hold(a);
	d->account = a;
	return FAIL_NONE;
}

static enum fail settle(struct device_walk *d)
{
	enum fail f;

	d->batch = batch_begin(d->account);
	f = batch_devices_settle(d->batch, d->inbox, &d->rules, &d->why);
	if (!f)
		f = batch_commit(d->batch, &d->committing);
	d->why = f && f != FAIL_BUSY ? d->committing.why : d->why;
	if (f != FAIL_BUSY)
		release(d);
	return f;
}

/* FAIL_BUSY: INBOX is being opened, or a change is under way. */
static enum fail look_at(struct device_walk *d)
{
	struct mailbox_info inbox;
	enum fail f;
	SERVING(d->at);

	if (d->inbox)
		return settle(d);
	f = account_mailbox_find(d->account, SPAN("INBOX"), &inbox);
	if (!f)
		f = mailbox_open(d->account, inbox.id, &d->opening, &d->inbox);
	if (f && f != FAIL_BUSY)
		d->why = d->opening.why;
	return f ? f : settle(d);
}

static void step(struct deferred *deferred)
{
	struct device_walk *d = CONTAINER_OF(deferred, struct device_walk, next);
	int64_t began = clock_mono_us();
	enum fail f = FAIL_NONE;

	do {
		f = d->account ? look_at(d) : look_for(d);
	} while (!f && (d->account || d->at) && clock_mono_us() - began < SLICE_US);
	if (f == FAIL_BUSY)
		return;
	if (f || (!d->account && !d->at))
		finish(d, f);
	else
		loop_defer(d->store->loop, &d->next);
}

static void opened(struct store_wait *w, enum fail f)
{
	struct device_walk *d = CONTAINER_OF(w, struct device_walk, opening);

	if (f) {
		d->why = w->why;
		finish(d, f);
	} else {
		loop_defer(d->store->loop, &d->next);
	}
}

/* A change that lost to another is made by the next walk. */
static void committed(struct store_wait *w, enum fail f)
{
	struct device_walk *d = CONTAINER_OF(w, struct device_walk, committing);

	if (f && f != FAIL_CONFLICT) {
		d->why = w->why;
		finish(d, f);
		return;
	}
	d->changed += !f;
	release(d);
	loop_defer(d->store->loop, &d->next);
}

void device_walk_init(struct device_walk *d, struct store *s, void (*done)(struct device_walk *d, enum fail f))
{
	*d = (struct device_walk){.store = s, .done = done};
	deferred_init(&d->next, step);
	store_wait_init(&d->opening, opened);
	store_wait_init(&d->committing, committed);
}

void device_walk_run(struct device_walk *d, const struct device_rules *rules)
{
	if (d->running)
		return;
	d->running = true;
	d->rules = *rules;
	d->at = d->changed = 0;
	loop_defer(d->store->loop, &d->next);
}

void device_walk_stop(struct device_walk *d)
{
	if (!d->running)
		return;
	deferred_cancel(&d->next);
	store_wait_cancel(&d->opening);
	store_wait_cancel(&d->committing);
	release(d);
	d->running = false;
}
