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

enum {
	SLICE_US = 1000,
	REST_MS = 2,
	LOOK_AGAIN_MS = 10,
	BURST_US = 20000,
	PASSES_MAX = 8,
	MOST_DEFAULT = 1 << 30,
	MOST_LOW = 8 << 20,
	MOST_COMPRESSED = 256 << 20,
	COMPRESS_SLOWER = 4,
	PERCENT_STEP = 5,
};

/* ── Pace ── */

void reclaim_again(struct reclaimer *r)
{
	r->waiting = false;
	loop_defer(r->s->loop, &r->turn);
}

static void rest(struct reclaimer *r, uint64_t ms)
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

/* ── Segments ── */

struct reclaim_segment *reclaim_segment(const struct reclaimer *r, uint32_t number)
{
	size_t lo = 0, hi = r->segment_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (r->segments[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < r->segment_count && r->segments[lo].number == number ? &r->segments[lo] : NULL;
}

bool reclaim_is_victim(const struct reclaimer *r, struct log_pos pos)
{
	const struct reclaim_segment *g = reclaim_segment(r, pos.segment);

	return g && g->victim;
}

static void keep_segment(struct reclaimer *r, uint32_t number)
{
	struct reclaim_segment *g = reclaim_segment(r, number);

	if (g)
		g->victim = false;
}

void reclaim_keep_message(struct reclaimer *r, struct log_pos body, struct log_pos prefix, uint64_t octets)
{
	const struct chunk_range *range = octets > BODY_INLINE_MAX ? chunk_ranges_get(&r->chunks, body) : NULL;

	keep_segment(r, body.segment);
	keep_segment(r, prefix.segment);
	if (octets <= BODY_INLINE_MAX)
		return;
	for (size_t i = 0; i < r->segment_count; i++) {
		struct reclaim_segment *g = &r->segments[i];

		if (g->number >= (range ? range->first : 1) && g->number <= body.segment)
			g->victim = false;
	}
}

/* 0 = there is none. */
static uint32_t highest_victim(const struct reclaimer *r)
{
	for (size_t i = r->segment_count; i-- > 0;)
		if (r->segments[i].victim)
			return r->segments[i].number;
	return 0;
}

static int segment_cmp(const void *a, const void *b)
{
	const struct reclaim_segment *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static const struct segment_sample *find_sample(const struct reclaimer *r, uint32_t segment)
{
	size_t lo = 0, hi = r->sample_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (r->samples[mid].segment < segment)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < r->sample_count && r->samples[lo].segment == segment ? &r->samples[lo] : NULL;
}

/* A segment in which something may stand that is not applied yet is no candidate. */
static void list_segments(struct reclaimer *r)
{
	struct store *s = r->s;
	size_t n = log_segments(s->log, NULL, 0);
	struct log_segment_info *info = memory_resize_array(NULL, n + 1, sizeof(*info));

	n = log_segments(s->log, info, n);
	r->segments = memory_new((n + 1) * sizeof(*r->segments));
	for (size_t i = 0; i < n; i++)
		r->segments[r->segment_count++] = (struct reclaim_segment){.number = info[i].number,
			.bytes = info[i].bytes,
			.candidate = info[i].sealed && info[i].number < s->reached.segment};
	qsort(r->segments, r->segment_count, sizeof(*r->segments), segment_cmp);
	for (size_t i = 0; i < r->segment_count; i++) {
		const struct segment_sample *known = find_sample(r, r->segments[i].number);

		if (known)
			r->segments[i].known = *known;
	}
	free(info);
}

static void keep_samples(struct reclaimer *r)
{
	free(r->samples);
	r->samples = memory_new((r->segment_count + 1) * sizeof(*r->samples));
	r->sample_count = 0;
	for (size_t i = 0; i < r->segment_count; i++) {
		struct reclaim_segment *g = &r->segments[i];

		g->known.segment = g->number;
		if (g->candidate && g->known.octets)
			r->samples[r->sample_count++] = g->known;
	}
}

static void take_figures(struct reclaimer *r)
{
	struct reclaim_figures *f = &r->figures;

	f->live_bytes = f->surveyed_bytes = 0;
	f->kept_bytes = r->survey.kept_bytes;
	for (size_t i = 0; i < r->segment_count; i++) {
		const struct reclaim_segment *g = &r->segments[i];

		f->surveyed_bytes += g->bytes;
		f->live_bytes += g->live < g->bytes ? g->live : g->bytes;
	}
}

static bool wanted(const struct reclaimer *r, const struct reclaim_segment *g, unsigned percent)
{
	if (g->purged && g->purged < r->order.purged_before)
		return true;
	if (r->order.percent >= 100)
		return true;
	return g->live * 100 < g->bytes * percent && g->bytes - g->live >= r->order.least;
}

/* Mail at rest that nobody has tried to compress. */
static bool worth_compressing(const struct reclaimer *r, const struct reclaim_segment *g)
{
	return r->order.compress && g->newest && g->newest < r->order.compress_before && g->plain * 2 > g->live;
}

/* When there is nothing else to do, and slowly. */
static void choose_to_compress(struct reclaimer *r)
{
	uint32_t held = body_hold_lowest(r->s);
	uint64_t left = store_disk_low(r->s) ? MOST_LOW : MOST_COMPRESSED;

	r->order.bytes_per_second = (r->order.bytes_per_second + COMPRESS_SLOWER - 1) / COMPRESS_SLOWER;
	for (size_t i = 0; i < r->segment_count; i++) {
		struct reclaim_segment *g = &r->segments[i];

		if (!g->candidate || g->number >= held || g->live > left || !worth_compressing(r, g))
			continue;
		g->victim = true;
		left -= g->live;
	}
}

/* The emptiest first. */
static void choose(struct reclaimer *r)
{
	uint64_t most = r->order.most ? r->order.most : MOST_DEFAULT;
	/* On a disk that is nearly full what is won must come soon, out of the reserve. */
	uint64_t left = store_disk_low(r->s) && most > MOST_LOW ? MOST_LOW : most;
	uint32_t held = body_hold_lowest(r->s);

	for (unsigned percent = PERCENT_STEP;; percent += PERCENT_STEP) {
		if (percent > r->order.percent)
			percent = r->order.percent;
		for (size_t i = 0; i < r->segment_count; i++) {
			struct reclaim_segment *g = &r->segments[i];

			if (g->victim || !g->candidate || g->number >= held || g->live > left || !wanted(r, g, percent))
				continue;
			g->victim = true;
			left -= g->live;
		}
		if (percent >= r->order.percent)
			return;
	}
}

static bool step_choose(struct reclaimer *r)
{
	reclaim_count_looked_up(r);
	keep_samples(r);
	take_figures(r);
	choose(r);
	if (!highest_victim(r))
		choose_to_compress(r);
	r->guarding = true;
	r->phase = highest_victim(r) ? RECLAIM_BARRIER : RECLAIM_END;
	return true;
}

/* ── Passes ── */

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
		rest(r, LOOK_AGAIN_MS);
		return false;
	}
	r->again = false;
	r->phase = RECLAIM_COLLECT;
	return true;
}

/* Commits are answered in order: once this one is, whatever was sent before is durable, and will be applied. */
static bool step_barrier(struct reclaimer *r)
{
	if (!highest_victim(r) || r->passes++ == PASSES_MAX) {
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

/* ── Snapshots ── */

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
static bool step_snapshots(struct reclaimer *r)
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

static bool step_snapshot(struct reclaimer *r)
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

/* ── The index must be past all that ── */

static void named(struct log_commit *c, enum log_result result)
{
	struct reclaimer *r = CONTAINER_OF(c, struct reclaimer, commit);
	struct store *s = r->s;

	if (result != LOG_DONE || s->broken) {
		r->fail = why(&r->why, FAIL_UNKNOWN, "The server has a problem with its disk.");
	} else {
		if (r->named.segment)
			s->identity_pos = r->named;
		commit_reached(s, c->end);
		r->phase = RECLAIM_REACH;
	}
	reclaim_again(r);
}

/* The record that says who this store is stands in one of the segments that are to go, or is old: it is written again. */
static bool step_name(struct reclaimer *r)
{
	struct store *s = r->s;
	struct span identity = buf_span(&s->identity);

	r->named = (struct log_pos){0, 0};
	if (s->identity_pos.segment <= highest_victim(r))
		r->fail = log_append(s->log, RECORD_STORE, &identity, 1, &r->named, &r->why);
	if (r->fail) {
		if (log_broken(s->log))
			store_break(s, &r->why);
		return true;
	}
	r->commit.done = named;
	log_commit(s->log, &r->commit);
	return false;
}

static void flush_work(struct job *j)
{
	struct reclaimer *r = CONTAINER_OF(j, struct reclaimer, flush);

	r->fail = r->s->kv->ops->flush(r->s->kv, &r->why);
}

static void flush_done(struct job *j)
{
	struct reclaimer *r = CONTAINER_OF(j, struct reclaimer, flush);

	r->flushed = true;
	r->phase = RECLAIM_BARRIER;
	reclaim_again(r);
}

/* What is on its way may hold the index's place back for a moment. */
static bool step_reach(struct reclaimer *r)
{
	struct store *s = r->s;

	if (s->reached.segment <= highest_victim(r)) {
		rest(r, LOOK_AGAIN_MS);
		r->phase = RECLAIM_NAME;
		return false;
	}
	r->fail = index_write(s, &r->why);
	if (r->fail)
		return true;
	r->phase = RECLAIM_FLUSH;
	r->flush.work = flush_work;
	r->flush.done = flush_done;
	if (s->threads) {
		job_start(&r->flush, s->loop);
		return false;
	}
	flush_work(&r->flush);
	flush_done(&r->flush);
	return false;
}

/* ── The end ── */

static bool step_guard(struct reclaimer *r)
{
	struct store *s = r->s;

	reclaim_guard(r);
	r->drain_era = s->reading_era;
	/* Reads that begin from here on can find no place in a victim. */
	if (!s->readings[!s->reading_era])
		s->reading_era = !s->reading_era;
	r->phase = RECLAIM_DRAIN;
	return true;
}

static bool step_drain(struct reclaimer *r)
{
	struct store *s = r->s;

	if (s->readings[r->drain_era] || s->reading_era == r->drain_era) {
		rest(r, LOOK_AGAIN_MS);
		if (s->reading_era == r->drain_era)
			r->phase = RECLAIM_GUARD; /* there were still older ones */
		return false;
	}
	r->phase = RECLAIM_REMOVE;
	return true;
}

static struct reclaim_segment *next_victim(struct reclaimer *r)
{
	for (size_t i = 0; i < r->segment_count; i++)
		if (r->segments[i].victim)
			return &r->segments[i];
	return NULL;
}

static void let_go_work(struct job *j)
{
	struct reclaimer *r = CONTAINER_OF(j, struct reclaimer, let_go);

	r->s->disk->ops->close(r->last);
}

static void let_go_done(struct job *j)
{
	struct reclaimer *r = CONTAINER_OF(j, struct reclaimer, let_go);

	r->last = NULL;
	reclaim_again(r);
}

/* The file system may take its time to free a large file: it does so when the last who has it open lets go, and that is a worker. */
static void hold_file(struct reclaimer *r, uint32_t segment)
{
	struct disk *disk = r->s->disk;
	char name[SEGMENT_NAME_SIZE], path[SEGMENT_NAME_SIZE + 4];

	segment_name(segment, name);
	snprintf(path, sizeof(path), "log/%s", name);
	if (disk->ops->open(disk, path, DISK_READ, &r->last, NULL))
		r->last = NULL; /* then it is freed at once */
}

/* One, and then something else has its turn. */
static bool step_remove(struct reclaimer *r)
{
	struct reclaim_segment *g = next_victim(r);
	struct store *s = r->s;

	if (r->again || !g) {
		r->phase = r->again ? RECLAIM_BARRIER : RECLAIM_END;
		return true;
	}
	hold_file(r, g->number);
	r->fail = log_remove_segment(s->log, g->number, &r->why);
	if (!r->fail) {
		purged_forget(s, g->number);
		r->fail = index_write(s, &r->why);
		g->victim = false;
		r->result.segments++;
		r->result.bytes += g->bytes;
		r->figures.removed_segments++;
		r->figures.reclaimed_bytes += g->bytes;
	}
	if (!r->last)
		return true;
	r->let_go.work = let_go_work;
	r->let_go.done = let_go_done;
	job_start(&r->let_go, s->loop);
	return false;
}

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
	case RECLAIM_SNAPSHOTS: return step_snapshots(r);
	case RECLAIM_SNAPSHOT: return step_snapshot(r);
	case RECLAIM_NAME: return step_name(r);
	case RECLAIM_REACH: return step_reach(r);
	case RECLAIM_GUARD: return step_guard(r);
	case RECLAIM_DRAIN: return step_drain(r);
	case RECLAIM_REMOVE: return step_remove(r);
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
			rest(r, (uint64_t)(r->next_us - now) / 1000);
			return;
		}
		if (now >= until) {
			if (r->order.bytes_per_second)
				rest(r, REST_MS);
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
	list_segments(r);
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
