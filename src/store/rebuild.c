/* Making the index anew from the log, while the store serves: an account can be opened once what the log has of it is in the index.
 *
 *   opening:  the log's footers ─► rebuild_note: which segments hold records of which account (4 bytes each)
 *   then, in slices of a millisecond on the loop:
 *     somebody waits ─► pass `asked`: the segments of their accounts, these accounts' records only ─► account_open, done()
 *     nobody waits   ─► pass `all`: every segment in order, what is not there yet ─► the index names the place that it has reached
 *
 * An account that is there takes new batches like any other, and is passed over from then on; until then nobody has it open. Being told a
 * record twice does no harm (INV-21), so the two passes need not know of each other. The index says that it has reached anything only when all
 * is there (INV-23): a crash before begins it again. */
#include "base/clock.h"
#include "base/memory.h"
#include "store/rebuild_inner.h"

enum { SLICE_US = 1000, RECORDS_BETWEEN_LOOKS = 8, SAY_MS = 2000, SAY_PERCENT = 10 };

/* ── A pass ── */

void rebuild_pass_begin(struct rebuild_pass *p)
{
	p->running = true;
	p->at = 0;
	p->redo.snapshot.open = false;
}

static void pass_end(struct rebuild_pass *p)
{
	log_cursor_close(p->cursor);
	p->cursor = NULL;
	p->running = false;
}

static void pass_fini(struct rebuild_pass *p)
{
	pass_end(p);
	free(p->segments);
	buf_fini(&p->redo.snapshot.ops);
}

static enum fail pass_take(
	struct rebuild *r, struct rebuild_pass *p, struct log_pos pos, uint8_t type, struct span payload, struct why *w)
{
	uint64_t account = rebuild_account_of(type, payload);
	struct rebuild_entry *e = account ? rebuild_find(r, account) : NULL;

	if (!e) {
		r->told += p == &r->all && (type == RECORD_BATCH || type == RECORD_SNAPSHOT); /* of no account */
		return FAIL_NONE;
	}
	if (e->there || (p == &r->asked && !e->asked))
		return FAIL_NONE;
	e->told++;
	r->told++;
	return redo_record(&p->redo, pos, type, payload, w);
}

/* The next record; *more_out is false after the last. A segment that has gone has nothing to tell. */
static enum fail pass_step(struct rebuild *r, struct rebuild_pass *p, bool *more_out, struct why *w)
{
	struct span payload;
	struct log_pos pos;
	uint8_t type;
	bool more = false;
	enum fail f = FAIL_NONE;

	*more_out = true;
	if (!p->cursor && p->at == p->count) {
		*more_out = false;
		return FAIL_NONE;
	}
	if (!p->cursor)
		f = log_cursor_open(r->s->log, p->segments[p->at++], &p->cursor, w);
	if (f == FAIL_NOT_FOUND)
		return FAIL_NONE;
	if (!f)
		f = log_cursor_next(p->cursor, &more, &pos, &type, &payload, w);
	if (!f && more)
		return pass_take(r, p, pos, type, payload, w);
	log_cursor_close(p->cursor);
	p->cursor = NULL;
	return f;
}

/* ── The whole ── */

static enum fail finish_asked(struct rebuild *r, struct why *w)
{
	enum fail f = index_write(r->s, w);

	pass_end(&r->asked);
	for (size_t i = 0; !f && i < r->size; i++) {
		r->table[i].there |= r->table[i].asked;
		r->table[i].asked = false;
	}
	return f;
}

/* From here on the index names what it has reached. */
static enum fail finish_all(struct rebuild *r, struct why *w)
{
	struct store *s = r->s;
	enum fail f;

	for (size_t i = 0; i < r->size; i++)
		r->table[i].there = true;
	s->partial = false;
	f = index_write(s, w);
	if (!f)
		f = recovered_tell(s, w);
	if (f)
		return f;
	store_report(s, "the index is complete: %llu changes of %zu accounts in %.1f s", (unsigned long long)r->records,
		r->count, (double)(clock_mono_ms() - r->began) / 1000);
	return FAIL_NONE;
}

static void say_progress(struct rebuild *r)
{
	unsigned percent = (unsigned)(r->told * 100 / r->records);
	int64_t now = clock_mono_ms();

	if (percent < r->said_percent + SAY_PERCENT || now - r->said < SAY_MS)
		return;
	r->said = now;
	r->said_percent = percent;
	store_report(r->s, "the index is being made anew: %u %%", percent);
}

/* As much as a slice allows. *done_out: all is there. */
static enum fail work(struct rebuild *r, int64_t until, bool *done_out, struct why *w)
{
	bool more = true;
	enum fail f = FAIL_NONE;

	*done_out = false;
	do {
		struct rebuild_pass *p = r->asked.running ? &r->asked : &r->all;

		if (p == &r->all && !list_empty(&r->waiters)) {
			rebuild_begin_asked(r);
			p = &r->asked;
		}
		for (int i = 0; !f && more && i < RECORDS_BETWEEN_LOOKS; i++)
			f = pass_step(r, p, &more, w);
		if (!f && !more && p == &r->asked) {
			f = finish_asked(r, w);
			more = true;
			if (!f)
				rebuild_answer_waiters(r->s, r);
		}
	} while (!f && more && clock_mono_us() < until);
	*done_out = !f && !more;
	return f;
}

static void slice(struct deferred *d)
{
	struct rebuild *r = CONTAINER_OF(d, struct rebuild, next);
	struct store *s = r->s;
	struct why w = {0};
	bool done;
	enum fail f;

	if (s->broken)
		return;
	f = work(r, clock_mono_us() + SLICE_US, &done, &w);
	if (!f && done)
		f = finish_all(r, &w);
	if (f) {
		store_break(s, &w);
		return;
	}
	if (!done) {
		say_progress(r);
		loop_defer(s->loop, &r->next);
		return;
	}
	s->rebuild = NULL;
	rebuild_answer_waiters(s, r);
	rebuild_free(r);
}

/* ── Life ── */

struct rebuild *rebuild_new(struct store *s, const char *reason)
{
	struct rebuild *r = NEW(struct rebuild);

	r->s = s;
	r->reason = reason;
	list_init(&r->waiters);
	deferred_init(&r->next, slice);
	r->all.redo = r->asked.redo = (struct redo){.s = s, .snapshot.ops = {.max = SIZE_MAX}};
	r->began = r->said = clock_mono_ms();
	return r;
}

void rebuild_start(struct rebuild *r)
{
	store_report(r->s,
		"the index is made anew from the log: %s. %llu changes of %zu accounts; whoever asks is served first",
		r->reason, (unsigned long long)r->records, r->count);
	rebuild_pass_begin(&r->all);
	loop_defer(r->s->loop, &r->next);
}

void rebuild_free(struct rebuild *r)
{
	if (!r)
		return;
	deferred_cancel(&r->next);
	rebuild_refuse_waiters(r);
	pass_fini(&r->all);
	pass_fini(&r->asked);
	rebuild_accounts_fini(r);
	free(r);
}

bool store_rebuilding(const struct store *s, uint64_t *done_out, uint64_t *total_out)
{
	const struct rebuild *r = s->rebuild;

	if (!r)
		return false;
	*done_out = r->told;
	*total_out = r->records;
	return true;
}

enum fail rebuild_finish(struct store *s, struct why *w)
{
	while (s->rebuild && !s->broken)
		uv_run(&s->loop->uv, UV_RUN_ONCE);
	return s->broken ? why(w, FAIL_IO, "The index could not be made anew.") : FAIL_NONE;
}
