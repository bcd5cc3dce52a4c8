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
#include "store/rebuild.h"

#include "base/clock.h"
#include "base/memory.h"
#include "store/snapshot.h"

enum { SLICE_US = 1000, RECORDS_BETWEEN_LOOKS = 8, SAY_MS = 2000, SAY_PERCENT = 10 };

struct entry {
	uint64_t account; /* 0: none */
	uint32_t *segments;
	uint32_t count, cap;
	bool there, asked;
};

struct pass {
	uint32_t *segments; /* ascending */
	size_t count, at;
	struct log_cursor *cursor; /* in segments[at - 1] */
	struct redo redo;
	bool running;
};

struct waiter {
	struct list link;
	struct store_op op;
	struct store_wait opening;
	uint64_t account;
	struct account *opened, **out;
};

struct rebuild {
	struct store *s;
	struct entry *table; /* by account: open addressing, a power of two */
	size_t count, size;
	struct pass all, asked;
	struct list waiters; /* struct waiter, whose accounts are not there */
	struct deferred next;
	const char *reason;
	uint64_t records, told; /* in the log; by the pass `all` */
	int64_t began, said;
	unsigned said_percent;
};

/* ── Which accounts there are ── */

static struct entry *place_of(struct entry *table, size_t size, uint64_t account)
{
	size_t at = (size_t)(account * 0x9e3779b97f4a7c15u >> 20) & (size - 1);

	while (table[at].account && table[at].account != account)
		at = (at + 1) & (size - 1);
	return &table[at];
}

static void grow(struct rebuild *r)
{
	size_t size = r->size ? r->size * 2 : 256;
	struct entry *table = memory_new(size * sizeof(*table));

	for (size_t i = 0; i < r->size; i++)
		if (r->table[i].account)
			*place_of(table, size, r->table[i].account) = r->table[i];
	free(r->table);
	r->table = table;
	r->size = size;
}

static struct entry *find(const struct rebuild *r, uint64_t account)
{
	struct entry *e = r->size ? place_of(r->table, r->size, account) : NULL;

	return e && e->account ? e : NULL;
}

static void note_segment(struct rebuild *r, uint64_t account, uint32_t segment)
{
	struct entry *e;

	if (r->count * 2 >= r->size)
		grow(r);
	e = place_of(r->table, r->size, account);
	if (!e->account) {
		e->account = account;
		r->count++;
	}
	if (e->count && e->segments[e->count - 1] == segment)
		return;
	if (e->count == e->cap) {
		e->cap = e->cap ? e->cap * 2 : 2;
		e->segments = memory_resize_array(e->segments, e->cap, sizeof(*e->segments));
	}
	e->segments[e->count++] = segment;
}

static void pass_add(struct pass *p, uint32_t segment)
{
	if (p->count && p->segments[p->count - 1] == segment)
		return;
	p->segments = memory_resize_array(p->segments, p->count + 1, sizeof(*p->segments));
	p->segments[p->count++] = segment;
}

/* The account that a record is of; 0: of none. */
static uint64_t account_of(uint8_t type, struct span payload)
{
	struct batch_head head;
	uint64_t account;
	uint8_t version, part;

	if (type == RECORD_BATCH && batch_head_decode(&payload, &head) == FAIL_NONE)
		return head.account;
	if (type == RECORD_SNAPSHOT && span_take_u8(&payload, &version) && version == SNAPSHOT_VERSION &&
		span_take_u8(&payload, &part) && span_take_varint(&payload, &account))
		return account;
	return 0;
}

enum fail rebuild_note(void *context, struct log_pos pos, uint8_t type, struct span payload, struct why *w)
{
	struct rebuild *r = context;
	uint64_t account;

	if (type != RECORD_BATCH && type != RECORD_SNAPSHOT)
		return redo_record(&r->all.redo, pos, type, payload, w); /* who the store is */
	account = account_of(type, payload);
	r->records++;
	pass_add(&r->all, pos.segment);
	if (account)
		note_segment(r, account, pos.segment);
	return FAIL_NONE;
}

enum fail rebuild_known(void *context, struct log_pos pos, uint8_t type, struct span payload, struct why *w)
{
	struct rebuild *r = context;

	return redo_known(&r->all.redo, pos, type, payload, w);
}

void rebuild_rot(void *context, struct log_pos pos, const char *what)
{
	struct rebuild *r = context;

	redo_rot(&r->all.redo, pos, what);
}

bool rebuild_empty(const struct rebuild *r)
{
	return r->records == 0;
}

/* ── A pass ── */

static void pass_begin(struct pass *p)
{
	p->running = true;
	p->at = 0;
	p->redo.snapshot.open = false;
}

static void pass_end(struct pass *p)
{
	log_cursor_close(p->cursor);
	p->cursor = NULL;
	p->running = false;
}

static void pass_fini(struct pass *p)
{
	pass_end(p);
	free(p->segments);
	buf_fini(&p->redo.snapshot.ops);
}

static enum fail pass_take(
	struct rebuild *r, struct pass *p, struct log_pos pos, uint8_t type, struct span payload, struct why *w)
{
	uint64_t account = account_of(type, payload);
	struct entry *e = account ? find(r, account) : NULL;

	if (p == &r->all && (type == RECORD_BATCH || type == RECORD_SNAPSHOT))
		r->told++;
	if (!e || e->there || (p == &r->asked && !e->asked))
		return FAIL_NONE;
	return redo_record(&p->redo, pos, type, payload, w);
}

/* The next record; *more_out is false after the last. A segment that has gone has nothing to tell. */
static enum fail pass_step(struct rebuild *r, struct pass *p, bool *more_out, struct why *w)
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

/* ── Who waits ── */

static void answer(struct waiter *x, enum fail f)
{
	struct store_wait *wait = x->op.wait;

	if (!f && wait)
		*x->out = x->opened;
	else if (!f)
		account_close(x->opened);
	store_op_end(&x->op, f, &x->opening.why);
	free(x);
}

static void opened(struct store_wait *w, enum fail f)
{
	answer(CONTAINER_OF(w, struct waiter, opening), f);
}

static void open_now(struct store *s, struct waiter *x)
{
	enum fail f = account_open(s, x->account, &x->opening, &x->opened);

	if (f != FAIL_BUSY)
		answer(x, f);
}

enum fail rebuild_open(struct rebuild *r, uint64_t account, struct store_wait *w, struct account **out)
{
	struct waiter *x = NEW(struct waiter);

	x->account = account;
	x->out = out;
	store_wait_init(&x->opening, opened);
	store_op_begin(&x->op, w);
	list_append(&r->waiters, &x->link);
	return FAIL_BUSY;
}

bool rebuild_has(const struct rebuild *r, uint64_t account)
{
	const struct entry *e = find(r, account);

	return !e || e->there;
}

/* Those whose accounts are there leave the list first: an answer may do anything. */
static void answer_waiters(struct store *s, struct rebuild *r)
{
	struct list ready;

	list_init(&ready);
	for (struct list *it = r->waiters.next; it != &r->waiters;) {
		struct waiter *x = CONTAINER_OF(it, struct waiter, link);

		it = it->next;
		if (!rebuild_has(r, x->account))
			continue;
		list_remove(&x->link);
		list_append(&ready, &x->link);
	}
	while (!list_empty(&ready)) {
		struct waiter *x = CONTAINER_OF(ready.next, struct waiter, link);

		list_remove(&x->link);
		open_now(s, x);
	}
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* All for whom somebody waits by now, in one pass. */
static void begin_asked(struct rebuild *r)
{
	struct pass *p = &r->asked;
	size_t n = 0;

	p->count = 0;
	LIST_EACH(it, &r->waiters)
	{
		struct entry *e = find(r, CONTAINER_OF(it, struct waiter, link)->account);

		if (e->asked)
			continue;
		e->asked = true;
		p->segments = memory_resize_array(p->segments, n + e->count, sizeof(*p->segments));
		memcpy(p->segments + n, e->segments, e->count * sizeof(*e->segments));
		n += e->count;
	}
	qsort(p->segments, n, sizeof(*p->segments), by_number);
	for (size_t i = 0; i < n; i++)
		if (!p->count || p->segments[p->count - 1] != p->segments[i])
			p->segments[p->count++] = p->segments[i];
	pass_begin(p);
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
		struct pass *p = r->asked.running ? &r->asked : &r->all;

		if (p == &r->all && !list_empty(&r->waiters)) {
			begin_asked(r);
			p = &r->asked;
		}
		for (int i = 0; !f && more && i < RECORDS_BETWEEN_LOOKS; i++)
			f = pass_step(r, p, &more, w);
		if (!f && !more && p == &r->asked) {
			f = finish_asked(r, w);
			more = true;
			if (!f)
				answer_waiters(r->s, r);
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
	answer_waiters(s, r);
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
	pass_begin(&r->all);
	loop_defer(r->s->loop, &r->next);
}

void rebuild_free(struct rebuild *r)
{
	if (!r)
		return;
	deferred_cancel(&r->next);
	while (!list_empty(&r->waiters)) {
		struct waiter *x = CONTAINER_OF(r->waiters.next, struct waiter, link);

		list_remove(&x->link);
		answer(x, why(&x->opening.why, FAIL_UNAVAILABLE, "The server is shutting down."));
	}
	pass_fini(&r->all);
	pass_fini(&r->asked);
	for (size_t i = 0; i < r->size; i++)
		free(r->table[i].segments);
	free(r->table);
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
