/* The reclaimer's round. The order is the whole point (doc/STORE-FORMAT.md, "How a segment may go"):
 *
 *   SURVEY ─► LOOKUP (chunks of long bodies) ─► CHOOSE ─► BARRIER (what was sent before is applied) ─► COLLECT ─► COLLECT_LOOKUP
 *       ─► MOVE ─► SNAPSHOTS ─► NAME (the store's record) ─► REACH ─► FLUSH ─► BARRIER …
 *
 * until a collection finds nobody who names a victim, and nobody has come meanwhile:
 *
 *       ─► GUARD (ghosts keep theirs) ─► DRAIN (reads that had begun end) ─► REMOVE
 *
 * Everything in slices of a millisecond on the loop; what blocks is on workers. Must never remove what it has not proved to be unneeded: when in
 * doubt a segment stays, and a later round looks again. */
#include "store/reclaim.h"

#include "base/clock.h"
#include "base/in_service.h"
#include "base/memory.h"
#include "log/format.h"
#include "store/reclaim_inner.h"

enum { SLICE_US = 1000, REST_MS = 2, BURST_US = 20000, PASSES_MAX = 8 };

/* ── Pace ── */

void reclaim_again(struct reclaimer *r)
{
	r->waiting = false;
	loop_defer(r->s->loop, &r->turn);
}

void reclaim_rest(struct reclaimer *r, uint64_t ms)
{
	r->waiting = true;
	timer_start(&r->pace, ms);
}

static void rested(struct timer *t)
{
	reclaim_again(CONTAINER_OF(t, struct reclaimer, pace));
}

void reclaim_cost(struct reclaimer *r, uint64_t octets)
{
	int64_t now = clock_mono_us();

	if (!r->order.bytes_per_second)
		return;
	if (r->next_us < now)
		r->next_us = now;
	r->next_us += (int64_t)(octets * 1000000 / r->order.bytes_per_second);
}

/* ── Passes ── */

static bool step_choose(struct reclaimer *r)
{
	reclaim_count_looked_up(r);
	reclaim_choose(r);
	r->guarding = true;
	r->phase = reclaim_highest_victim(r) ? RECLAIM_BARRIER : RECLAIM_END;
	return true;
}

static void barred(struct log_commit *c, enum log_result result)
{
	struct reclaimer *r = CONTAINER_OF(c, struct reclaimer, commit);

	if (result != LOG_DONE)
		r->fail = why(&r->why, FAIL_UNKNOWN, "The server has a problem with its disk.");
	r->barred = c->end;
	r->phase = RECLAIM_APPLIED;
	reclaim_again(r);
}

/* A batch that changes very much is applied in slices, after its sync. */
static bool step_applied(struct reclaimer *r)
{
	if (!commit_applied(r->s, r->barred)) {
		reclaim_rest(r, RECLAIM_LOOK_AGAIN_MS);
		return false;
	}
	r->again = false;
	r->phase = RECLAIM_COLLECT;
	return true;
}

/* Commits are answered in order: once this one is, whatever was sent before is durable, and will be applied. */
static bool step_barrier(struct reclaimer *r)
{
	if (!reclaim_highest_victim(r) || r->passes++ == PASSES_MAX) {
		r->phase = RECLAIM_END;
		return true;
	}
	r->commit.done = barred;
	log_commit(r->s->log, &r->commit);
	return false;
}

static bool step_collected(struct reclaimer *r)
{
	const struct reclaim_survey *v = &r->survey;

	if (v->long_count) { /* known now: who of them names a victim */
		r->phase = RECLAIM_BARRIER;
		return true;
	}
	if (r->flushed && !v->ref_count && !v->account_count && !r->again) {
		r->phase = RECLAIM_GUARD;
		return true;
	}
	r->phase = RECLAIM_MOVE;
	return true;
}

static bool step_move(struct reclaimer *r)
{
	bool done = false, more = reclaim_move(r, &done);

	if (!done)
		return more;
	reclaim_move_fini(r);
	r->snapshot_at = 0;
	r->phase = RECLAIM_SNAPSHOTS;
	return true;
}

/* ── The turn ── */

static bool step_lookup(struct reclaimer *r, enum reclaim_phase next)
{
	bool done, more = reclaim_lookup(r, &done);

	if (done)
		r->phase = next;
	return more;
}

static bool step(struct reclaimer *r)
{
	switch (r->phase) {
	case RECLAIM_SURVEY:
		r->phase = RECLAIM_LOOKUP;
		r->lookup_at = 0;
		return reclaim_survey_start(r, false);
	case RECLAIM_LOOKUP: return step_lookup(r, RECLAIM_CHOOSE);
	case RECLAIM_CHOOSE: return step_choose(r);
	case RECLAIM_BARRIER: return step_barrier(r);
	case RECLAIM_APPLIED: return step_applied(r);
	case RECLAIM_COLLECT:
		r->phase = RECLAIM_COLLECT_LOOKUP;
		r->lookup_at = 0;
		return reclaim_survey_start(r, true);
	case RECLAIM_COLLECT_LOOKUP: return step_lookup(r, RECLAIM_COLLECTED);
	case RECLAIM_COLLECTED: return step_collected(r);
	case RECLAIM_MOVE: return step_move(r);
	case RECLAIM_SNAPSHOTS: return reclaim_snapshots(r);
	case RECLAIM_SNAPSHOT: return reclaim_snapshot(r);
	case RECLAIM_NAME: return reclaim_name(r);
	case RECLAIM_REACH: return reclaim_reach(r);
	case RECLAIM_GUARD: return reclaim_drain_begin(r);
	case RECLAIM_DRAIN: return reclaim_drain(r);
	case RECLAIM_REMOVE: return reclaim_remove(r);
	case RECLAIM_FLUSH:
	case RECLAIM_IDLE:
	case RECLAIM_END: break;
	}
	return true;
}

static void finish(struct reclaimer *r)
{
	struct why reason = r->why;
	enum fail f = r->fail;

	reclaim_move_fini(r);
	account_close(r->account);
	r->account = NULL;
	reclaim_survey_fini(&r->survey);
	buf_fini(&r->lookup_list);
	free(r->segments);
	free(r->moved);
	r->segments = NULL;
	r->moved = NULL;
	r->segment_count = r->moved_count = r->moved_cap = 0;
	r->guarding = r->again = r->flushed = r->stop = false;
	r->passes = 0;
	r->fail = FAIL_NONE;
	r->phase = RECLAIM_IDLE;
	r->figures.running = false;
	if (r->op.wait)
		*r->out = r->result;
	r->s->busy--;
	store_op_end(&r->op, f, &reason);
}

static void turn(struct deferred *d)
{
	struct reclaimer *r = CONTAINER_OF(d, struct reclaimer, turn);
	int64_t now = clock_mono_us(), until = now + SLICE_US;

	if (r->phase == RECLAIM_IDLE || r->waiting)
		return;
	for (; !r->fail && r->phase != RECLAIM_END; now = clock_mono_us()) {
		if (r->stop || r->s->broken) {
			r->fail = why(&r->why, r->stop ? FAIL_CLOSED : FAIL_UNKNOWN, "Giving space back was ended.");
			break;
		}
		if (r->next_us > now + BURST_US) {
			reclaim_rest(r, (uint64_t)(r->next_us - now) / 1000);
			return;
		}
		if (now >= until) {
			if (r->order.bytes_per_second)
				reclaim_rest(r, REST_MS);
			else
				reclaim_again(r);
			return;
		}
		r->waiting = true;
		if (!step(r) && (!r->fail || r->last))
			return;
		r->waiting = false;
	}
	finish(r);
}

/* ── From outside ── */

static struct reclaimer *reclaimer_of(struct store *s)
{
	struct reclaimer *r = s->reclaimer;

	if (r)
		return r;
	r = NEW(struct reclaimer);
	r->s = s;
	deferred_init(&r->turn, turn);
	timer_init(&r->pace, s->loop, rested);
	s->reclaimer = r;
	return r;
}

enum fail store_reclaim(
	struct store *s, const struct reclaim_order *order, struct reclaim_result *out, struct store_wait *w)
{
	struct reclaimer *r;

	if (s->broken || s->closing || s->read_only)
		return why(w ? &w->why : NULL, FAIL_UNAVAILABLE, "The mail store is not in use.");
	if (s->rebuild)
		return why(w ? &w->why : NULL, FAIL_UNAVAILABLE, "The index is being made anew.");
	r = reclaimer_of(s);
	if (r->phase != RECLAIM_IDLE)
		return why(w ? &w->why : NULL, FAIL_CONFLICT, "Space is being given back already.");
	if (s->aside_count) /* what was passed over of theirs is in the log only */
		return why(w ? &w->why : NULL, FAIL_UNAVAILABLE,
			"No space is given back while accounts are set aside: see 'barid status'.");
	r->order = *order;
	r->out = out;
	r->result = (struct reclaim_result){0};
	r->next_us = 0;
	r->why = (struct why){0};
	reclaim_list_segments(r);
	r->phase = RECLAIM_SURVEY;
	r->figures.running = true;
	s->busy++;
	store_op_begin(&r->op, w);
	reclaim_again(r);
	return FAIL_BUSY;
}

void store_reclaim_stop(struct store *s)
{
	struct reclaimer *r = s->reclaimer;

	if (!r || r->phase == RECLAIM_IDLE)
		return;
	r->stop = true;
	if (uv_is_active((uv_handle_t *)&r->pace.uv)) {
		timer_stop(&r->pace);
		reclaim_again(r);
	}
}

static void closed(struct timer *t)
{
	struct reclaimer *r = CONTAINER_OF(t, struct reclaimer, pace);

	r->s->reclaimer = NULL;
	chunk_ranges_fini(&r->chunks);
	free(r->samples);
	free(r);
}

void reclaim_close(struct store *s)
{
	if (!s->reclaimer)
		return;
	deferred_cancel(&s->reclaimer->turn);
	timer_fini(&s->reclaimer->pace, closed);
	while (s->reclaimer)
		uv_run(&s->loop->uv, UV_RUN_ONCE);
}

void store_reclaim_figures(const struct store *s, struct reclaim_figures *out)
{
	*out = s->reclaimer ? s->reclaimer->figures : (struct reclaim_figures){0};
	out->log_bytes = store_log_bytes(s);
}
