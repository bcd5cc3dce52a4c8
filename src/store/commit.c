/* Commits: the way of a batch from the hands of its maker to the log and back.
 *
 *   batch_commit ─► account->waiting ──commit_run_waiting──► store->ready ──commit_seal (end of the turn)──► commit_send: numbers,
 *       record, log_append ─► group ──log_commit──► (sync) ──group_done──► store->due ──apply_due──► batch_apply ⟲, index_write ─► done()
 *
 * Order: an account's batches are sent, applied and answered in the order of their commits. A batch that changes the tree is alone in
 * flight, so that what it was checked against is still true when it is applied. What is appended for a batch is committed in the same
 * turn: so the place that the log has reached covers no batch that is not applied (index_write). A batch that changes very much is applied
 * a slice a turn, so that other accounts do not wait; its account's other batches do. */
#include "base/in_service.h"
#include "base/memory.h"
#include "store/inside.h"

/* ── Turns ── */

/* Whoever wants quiet goes before those who wait, so that it comes. */
static void grant_quiet(struct account *a)
{
	if (a->quiet != QUIET_WANTED || a->in_flight)
		return;
	a->quiet = QUIET_GRANTED;
	a->in_flight = 1;
	a->exclusive = true;
	loop_defer(a->store->loop, &a->store->snapshot_turn);
}

bool commit_quiet(struct account *a)
{
	if (a->quiet == QUIET_NOT)
		a->quiet = QUIET_WANTED;
	grant_quiet(a);
	return a->quiet == QUIET_GRANTED;
}

void commit_quiet_end(struct account *a)
{
	if (a->quiet == QUIET_GRANTED) {
		a->in_flight = 0;
		a->exclusive = false;
	}
	a->quiet = QUIET_NOT;
	commit_run_waiting(a);
}

void commit_run_waiting(struct account *a)
{
	grant_quiet(a);
	while (!list_empty(&a->waiting) && !a->exclusive && a->quiet != QUIET_WANTED) {
		struct batch *b = CONTAINER_OF(a->waiting.next, struct batch, link);
		enum fail f;

		if (b->tree && a->in_flight)
			return;
		f = batch_hold_rows(b);
		if (f == FAIL_BUSY)
			return;
		b->result = f;
		list_remove(&b->link);
		list_append(&a->store->ready, &b->link);
		a->in_flight++;
		a->exclusive = b->tree;
		loop_defer(a->store->loop, &a->store->seal);
	}
}

enum fail batch_commit(struct batch *b, struct store_wait *w)
{
	struct account *a = b->account;
	enum fail f = FAIL_NONE;

	if (a->store->broken)
		f = why(w ? &w->why : NULL, FAIL_UNKNOWN, "The server has a problem with its disk.");
	if (f || batch_empty(b)) {
		if (!w)
			batch_destroy(b);
		return f;
	}
	store_op_begin(&b->op, w);
	b->pending = true;
	list_append(&a->waiting, &b->link);
	commit_run_waiting(a);
	return FAIL_BUSY;
}

/* ── Groups ── */

static void group_done(struct log_commit *c, enum log_result result);

void commit_seal(struct deferred *d)
{
	struct store *s = CONTAINER_OF(d, struct store, seal);
	struct group *g;

	if (list_empty(&s->ready))
		return;
	g = NEW(struct group);
	g->store = s;
	g->commit.done = group_done;
	list_init(&g->batches);
	list_init(&g->link);
	while (!list_empty(&s->ready)) {
		struct batch *b = CONTAINER_OF(s->ready.next, struct batch, link);

		list_remove(&b->link);
		list_append(&g->batches, &b->link);
		if (!b->result)
			b->result = s->broken ? FAIL_UNKNOWN : commit_send(b);
		if (!b->result && !g->first.segment)
			g->first = b->pos;
		if (log_broken(s->log))
			store_break(s, &b->why);
	}
	list_append(&s->groups, &g->link);
	log_commit(s->log, &g->commit);
}

bool commit_applied(const struct store *s, struct log_pos end)
{
	LIST_EACH(it, &s->groups)
	{
		struct group *g = CONTAINER_OF(it, struct group, link);

		if (g->first.segment && log_pos_cmp(g->first, end) < 0)
			return false;
	}
	return true;
}

void commit_reached(struct store *s, struct log_pos end)
{
	if (log_pos_cmp(end, s->reached) > 0 && !snapshot_holds(s, end) && commit_applied(s, end))
		s->reached = end;
}

/* Moves and copies of messages that were gone have no uid. */
static void drop_unused_uids(struct batch *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->uid_count; i++)
		if (b->uids[i])
			b->uids[kept++] = b->uids[i];
	b->uid_count = kept;
}

static enum fail unknown(struct batch *b)
{
	return why(&b->why, FAIL_UNKNOWN, "The server has a problem with its disk.");
}

/* A slice of the batch, or all of it. True once it is over. */
static bool apply_some(struct store *s, struct batch *b)
{
	enum fail f;

	if (b->result)
		return true;
	f = s->broken ? unknown(b) : batch_apply(s, b->pos, buf_span(&b->record), b, &b->why);
	if (f == FAIL_BUSY)
		return false;
	b->result = f ? FAIL_UNKNOWN : FAIL_NONE;
	drop_unused_uids(b);
	if (b->result)
		store_break(s, &b->why);
	return true;
}

/* Its group is over with its last batch. */
static void leave_group(struct store *s, struct batch *b)
{
	struct group *g = b->group;

	if (--g->left)
		return;
	list_remove(&g->link);
	commit_reached(s, g->commit.end);
	free(g);
}

static void batch_answer(struct batch *b)
{
	struct account *a = b->account;
	bool alone = !b->op.wait;
	SERVING(a->id);

	b->pending = false;
	batch_release_rows(b);
	if (alone)
		batch_destroy(b);
	else
		store_op_end(&b->op, b->result, &b->why); /* its owner may free it in there */
	a->in_flight--;
	a->exclusive = false;
	commit_run_waiting(a);
	account_settle(a);
}

/* What is durable becomes true, a slice of each account's oldest batch a turn; those behind it wait for it. */
static void apply_due(struct store *s)
{
	struct list over, *next;
	struct why w = {0};

	list_init(&over);
	for (struct list *it = s->due.next; it != &s->due; it = next) {
		struct batch *b = CONTAINER_OF(it, struct batch, link);
		struct account *a = b->account;

		next = it->next;
		if (a->applying && a->applying != b)
			continue;
		a->applying = apply_some(s, b) ? NULL : b;
		if (a->applying)
			continue;
		list_remove(&b->link);
		list_append(&over, &b->link);
		leave_group(s, b);
	}
	/* It is durable all the same: answered as such, and redone when the store is opened again. */
	if (!s->broken && index_write(s, &w))
		store_break(s, &w);
	if (!s->broken)
		index_flush_if_due(s);
	while (!list_empty(&over)) {
		struct batch *b = CONTAINER_OF(over.next, struct batch, link);

		list_remove(&b->link);
		batch_answer(b);
	}
	feed_wake_all(s);
	if (!list_empty(&s->due))
		loop_defer(s->loop, &s->apply);
}

void commit_apply(struct deferred *d)
{
	apply_due(CONTAINER_OF(d, struct store, apply));
}

static void group_done(struct log_commit *c, enum log_result result)
{
	struct group *g = CONTAINER_OF(c, struct group, commit);
	struct store *s = g->store;
	struct why w = {0};

	if (result != LOG_DONE)
		store_break(s, &w);
	while (!list_empty(&g->batches)) {
		struct batch *b = CONTAINER_OF(g->batches.next, struct batch, link);

		if (!b->result && s->broken)
			b->result = unknown(b);
		b->group = g;
		g->left++;
		list_remove(&b->link);
		list_append(&s->due, &b->link);
	}
	apply_due(s);
}
