/* Compaction. The order is the whole point (doc/STORE-FORMAT.md, "How a segment may go"):
 *
 *   survey ─► move live bytes, commit the relocations ─► snapshot of every account, commit ─► flush the index ─► survey again ─► remove
 *
 * A segment is removed only when the second survey, of the index as it then is, finds no row that names it. Works alone: no account is
 * open, so no session, no ghost and no staged batch can hold an old place. */
#include "store/compact.h"

#include "base/in_service.h"
#include "base/memory.h"
#include "store/body.h"
#include "store/compact_inner.h"

struct segment_use *compact_segment(struct compacting *c, uint32_t number)
{
	size_t lo = 0, hi = c->segment_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->segments[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < c->segment_count && c->segments[lo].number == number ? &c->segments[lo] : NULL;
}

static void use(struct compacting *c, struct log_pos pos, uint64_t bytes)
{
	struct segment_use *u = compact_segment(c, pos.segment);

	if (u)
		u->live += bytes;
}

/* ── Every message ── */

/* Calls `each` for every mailbox of every account with its rows, and `kept` for every account. */
static enum fail each_mailbox(struct compacting *c, enum fail (*each)(struct compacting *c, struct mailbox *m),
	enum fail (*kept)(struct compacting *c, struct account *a))
{
	uint64_t id = 0;
	struct account *a;
	enum fail f;

	while (!(f = store_next_account(c->s, id, &id, c->why)) && id) {
		SERVING(id);

		f = account_get(c->s, id, &a, c->why);
		if (f)
			return f;
		account_hold(a);
		for (size_t i = 0; !f && i < a->mailbox_count; i++) {
			struct mailbox *m = a->by_id[i];

			mailbox_hold(m);
			f = mailbox_load_now(m, c->why);
			if (!f)
				f = each(c, m);
			mailbox_close(m);
		}
		if (!f)
			f = kept(c, a);
		account_close(a);
		if (f)
			return f;
	}
	return f;
}

static enum fail survey_row(struct compacting *c, const struct row *r)
{
	uint64_t body = (uint64_t)r->size - r->prefix;
	struct log_pos pos;
	struct span list;
	uint32_t n;
	enum fail f;

	if (r->prefix)
		use(c, r->prefix_pos, r->prefix);
	use(c, r->body, compact_chunk_count(r) ? BODY_HEAD : BODY_HEAD + body);
	if (!compact_chunk_count(r))
		return FAIL_NONE;
	f = compact_read_list(c, r, &c->bytes);
	list = buf_span(&c->bytes);
	if (f) { /* which segments hold its chunks is not known: none may go */
		store_report(c->s, "a message cannot be read, so nothing is removed: run `barid check`");
		return f;
	}
	while (compact_take_entry(&list, &pos, &n))
		use(c, pos, n);
	return FAIL_NONE;
}

static enum fail survey_mailbox(struct compacting *c, struct mailbox *m)
{
	enum fail f = FAIL_NONE;

	for (size_t i = 0; !f && i < m->rows.n; i++)
		f = survey_row(c, &m->rows.p[i]);
	return f;
}

struct kept_survey {
	struct compacting *c;
	enum fail fail;
};

static bool survey_kept_row(void *context, const struct op *op)
{
	struct kept_survey *k = context;

	k->fail = survey_row(k->c, &op->row);
	return !k->fail;
}

/* Expunged messages that can be got back are as live as others. */
static enum fail survey_kept(struct compacting *c, struct account *a)
{
	struct kept_survey k = {c, FAIL_NONE};
	enum fail f = kept_each(a, (struct kept_place){0, 0}, survey_kept_row, &k, c->why);

	return f ? f : k.fail;
}

static enum fail survey(struct compacting *c)
{
	for (size_t i = 0; i < c->segment_count; i++)
		c->segments[i].live = 0;
	return each_mailbox(c, survey_mailbox, survey_kept);
}

static int segment_cmp(const void *a, const void *b)
{
	const struct segment_use *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static void list_segments(struct compacting *c)
{
	size_t n = log_segments(c->s->log, NULL, 0);
	struct log_segment_info *info = memory_resize_array(NULL, n + 1, sizeof(*info));

	n = log_segments(c->s->log, info, n);
	c->segments = memory_new((n + 1) * sizeof(*c->segments));
	/* From the record on that says who this store is, nothing goes. */
	for (size_t i = 0; i < n; i++)
		if (info[i].sealed && info[i].number < c->s->identity_pos.segment)
			c->segments[c->segment_count++] =
				(struct segment_use){.number = info[i].number, .bytes = info[i].bytes};
	qsort(c->segments, c->segment_count, sizeof(*c->segments), segment_cmp);
	free(info);
}

static bool choose(struct compacting *c, unsigned percent)
{
	bool any = false;

	for (size_t i = 0; i < c->segment_count; i++) {
		struct segment_use *u = &c->segments[i];

		u->victim = percent >= 100 || u->live < u->bytes / 100 * percent;
		any |= u->victim;
	}
	return any;
}

/* ── Snapshots ── */

struct durable {
	struct store_wait wait;
	bool done;
	enum fail result;
};

static void made_durable(struct store_wait *w, enum fail f)
{
	struct durable *d = CONTAINER_OF(w, struct durable, wait);

	d->done = true;
	d->result = f;
}

static enum fail snapshot_one(struct compacting *c, struct account *a)
{
	struct durable d = {0};
	enum fail f;

	store_wait_init(&d.wait, made_durable);
	f = snapshot_account(a, &d.wait);
	while (f == FAIL_BUSY && !d.done)
		uv_run(&c->s->loop->uv, UV_RUN_ONCE);
	if (f == FAIL_BUSY)
		f = d.result;
	if (f && c->why)
		*c->why = d.wait.why;
	return f;
}

static enum fail snapshot_all(struct compacting *c)
{
	uint64_t id = 0;
	struct account *a;
	enum fail f;

	while (!(f = store_next_account(c->s, id, &id, c->why)) && id) {
		SERVING(id);

		f = account_get(c->s, id, &a, c->why);
		if (f)
			return f;
		account_hold(a);
		f = snapshot_one(c, a);
		account_close(a);
		if (f)
			return f;
	}
	if (!f)
		f = index_write(c->s, c->why);
	return f ? f : c->s->kv->ops->flush(c->s->kv, c->why);
}

/* ── Removing ── */

static enum fail remove_empty(struct compacting *c)
{
	enum fail f = survey(c);

	for (size_t i = 0; !f && i < c->segment_count; i++) {
		const struct segment_use *u = &c->segments[i];

		if (!u->victim || u->live)
			continue;
		f = log_remove_segment(c->s->log, u->number, c->why);
		if (f)
			break;
		c->out->segments++;
		c->out->bytes += u->bytes;
	}
	return f;
}

static bool alone(struct store *s)
{
	if (s->busy || !list_empty(&s->ready) || !list_empty(&s->groups))
		return false;
	for (size_t i = 0; i < ACCOUNT_BUCKETS; i++)
		for (const struct account *a = s->accounts[i]; a; a = a->next_in_bucket)
			if (a->refs || a->in_flight || !list_empty(&a->waiting))
				return false;
	return true;
}

enum fail store_compact(struct store *s, unsigned percent, struct store_compaction *out, struct why *w)
{
	struct compacting c = {.s = s, .out = out, .why = w, .bytes = {.max = LOG_RECORD_MAX + 1}};
	enum fail f;

	*out = (struct store_compaction){0};
	if (s->broken || !alone(s))
		return why(w, FAIL_CONFLICT, "The mail store is in use.");
	if (s->aside_count) { /* what was passed over of theirs is in the log only */
		store_report(s, "no space is given back while accounts are set aside: see 'barid status'");
		return FAIL_NONE;
	}
	list_segments(&c);
	f = survey(&c);
	if (!f && choose(&c, percent)) {
		f = each_mailbox(&c, compact_move_mailbox, compact_move_kept);
		if (!f)
			f = snapshot_all(&c);
		if (!f)
			f = remove_empty(&c);
	}
	free(c.segments);
	free(c.moved);
	buf_fini(&c.bytes);
	return f;
}
