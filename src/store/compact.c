/* Compaction. The order is the whole point (doc/STORE-FORMAT.md, "How a segment may go"):
 *
 *   survey ─► move live bytes, commit the relocations ─► snapshot of every account, commit ─► flush the index ─► survey again ─► remove
 *
 * A segment is removed only when the second survey, of the index as it then is, finds no row that names it. Works alone: no account is
 * open, so no session, no ghost and no staged batch can hold an old place. */
#include "store/compact.h"

#include "base/memory.h"
#include "store/body.h"
#include "store/inside.h"

enum { RELOCATIONS_A_BATCH = 1000 };

struct segment_use {
	uint32_t number;
	uint64_t bytes, live;
	bool victim;
};

struct moved {
	struct log_pos from, to;
};

struct compacting {
	struct store *s;
	struct segment_use *segments;
	size_t segment_count;
	struct moved *moved; /* bodies that several messages name are written once */
	size_t moved_count, moved_cap;
	struct buf bytes;
	struct store_compaction *out;
	struct why *why;
};

static struct segment_use *segment_of(struct compacting *c, uint32_t number)
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
	struct segment_use *u = segment_of(c, pos.segment);

	if (u)
		u->live += bytes;
}

static bool in_victim(struct compacting *c, struct log_pos pos)
{
	const struct segment_use *u = segment_of(c, pos.segment);

	return u && u->victim;
}

/* ── Reading records ── */

/* The whole payload, so that its checksum is verified. */
static enum fail read_record(struct compacting *c, struct log_pos pos, uint8_t type, struct buf *out)
{
	struct log_read r = {.pos = pos, .type = type};
	uint32_t n;
	enum fail f = log_payload_length(c->s->log, pos, type, &n, c->why);

	if (f)
		return f;
	buf_reset(out);
	r.dst = buf_reserve(out, (size_t)n + 1);
	r.n = n;
	f = log_read_now(c->s->log, &r);
	if (f && c->why)
		*c->why = r.why;
	if (!f)
		buf_commit(out, n);
	return f;
}

static uint64_t chunk_count(const struct row *r)
{
	uint64_t body = (uint64_t)r->size - r->prefix;

	return body > BODY_INLINE_MAX ? (body + LOG_CHUNK_MAX - 1) / LOG_CHUNK_MAX : 0;
}

static enum fail read_list(struct compacting *c, const struct row *r, struct buf *out)
{
	struct log_read read = {.pos = r->body,
		.type = RECORD_BODY,
		.offset = BODY_HEAD,
		.n = (uint32_t)(chunk_count(r) * BODY_CHUNK_ENTRY)};
	enum fail f;

	buf_reset(out);
	read.dst = buf_reserve(out, read.n + 1);
	f = log_read_now(c->s->log, &read);
	if (f && c->why)
		*c->why = read.why;
	if (!f)
		buf_commit(out, read.n);
	return f;
}

static bool take_entry(struct span *list, struct log_pos *pos, uint32_t *n)
{
	return span_take_be32(list, &pos->segment) && span_take_be32(list, &pos->offset) && span_take_be32(list, n);
}

/* ── Every message ── */

/* Calls `each` for every row of every mailbox of every account. */
static enum fail each_mailbox(struct compacting *c, enum fail (*each)(struct compacting *c, struct mailbox *m))
{
	uint64_t id = 0;
	struct account *a;
	enum fail f;

	while (!(f = index_next_account(c->s->kv, id, &id, c->why)) && id) {
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
	use(c, r->body, chunk_count(r) ? BODY_HEAD : BODY_HEAD + body);
	if (!chunk_count(r))
		return FAIL_NONE;
	f = read_list(c, r, &c->bytes);
	list = buf_span(&c->bytes);
	if (f) { /* which segments hold its chunks is not known: none may go */
		store_report(c->s, "a message cannot be read, so nothing is removed: run `barid check`");
		return f;
	}
	while (take_entry(&list, &pos, &n))
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

static enum fail survey(struct compacting *c)
{
	for (size_t i = 0; i < c->segment_count; i++)
		c->segments[i].live = 0;
	return each_mailbox(c, survey_mailbox);
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

/* ── Moving ── */

static enum fail append(struct compacting *c, uint8_t type, struct span bytes, struct log_pos *out)
{
	enum fail f = log_append(c->s->log, type, &bytes, 1, out, c->why);

	c->s->redo_bytes += bytes.n;
	c->out->moved_bytes += bytes.n;
	if (f && log_broken(c->s->log))
		store_break(c->s, c->why);
	return f;
}

/* The list of chunks stands in `body` and is changed there; each chunk is written again. */
static enum fail move_chunks(struct compacting *c, uint64_t chunks, struct buf *body)
{
	enum fail f = FAIL_NONE;
	struct buf chunk, entry;

	buf_init(&chunk, LOG_RECORD_MAX);
	buf_init(&entry, BODY_CHUNK_ENTRY);
	for (uint64_t i = 0; !f && i < chunks; i++) {
		char *at = body->p + BODY_HEAD + i * BODY_CHUNK_ENTRY;
		struct span list = span(at, BODY_CHUNK_ENTRY);
		struct log_pos pos;
		uint32_t n;

		if (!take_entry(&list, &pos, &n))
			f = FAIL_CORRUPT;
		if (!f)
			f = read_record(c, pos, RECORD_CHUNK, &chunk);
		if (!f)
			f = append(c, RECORD_CHUNK, buf_span(&chunk), &pos);
		buf_reset(&entry);
		buf_add_u32(&entry, pos.segment);
		buf_add_u32(&entry, pos.offset);
		buf_add_u32(&entry, n);
		memcpy(at, entry.p, BODY_CHUNK_ENTRY);
	}
	buf_fini(&chunk);
	buf_fini(&entry);
	return f;
}

static struct moved *find_moved(struct compacting *c, struct log_pos from)
{
	for (size_t i = c->moved_count; i-- > 0;)
		if (log_pos_cmp(c->moved[i].from, from) == 0)
			return &c->moved[i];
	return NULL;
}

static enum fail move_body(struct compacting *c, const struct row *r, struct log_pos *out)
{
	struct moved *known = find_moved(c, r->body);
	enum fail f;

	if (known) {
		*out = known->to;
		return FAIL_NONE;
	}
	f = read_record(c, r->body, RECORD_BODY, &c->bytes);
	if (!f && c->bytes.n < BODY_HEAD + chunk_count(r) * BODY_CHUNK_ENTRY)
		f = why(c->why, FAIL_CORRUPT, "A message cannot be read.");
	if (!f)
		f = move_chunks(c, chunk_count(r), &c->bytes);
	if (!f)
		f = append(c, RECORD_BODY, buf_span(&c->bytes), out);
	if (f)
		return f;
	if (c->moved_count == c->moved_cap) {
		c->moved_cap = c->moved_cap ? c->moved_cap * 2 : 64;
		c->moved = memory_resize_array(c->moved, c->moved_cap, sizeof(*c->moved));
	}
	c->moved[c->moved_count++] = (struct moved){r->body, *out};
	return FAIL_NONE;
}

/* Whether any part of the message lies in a segment that is to go. */
static enum fail must_move(struct compacting *c, const struct row *r, bool *body_out, bool *prefix_out)
{
	struct log_pos pos;
	struct span list;
	uint32_t n;
	enum fail f;

	*prefix_out = r->prefix && in_victim(c, r->prefix_pos);
	*body_out = in_victim(c, r->body);
	if (*body_out || !chunk_count(r))
		return FAIL_NONE;
	f = read_list(c, r, &c->bytes);
	list = buf_span(&c->bytes);
	while (!f && take_entry(&list, &pos, &n))
		*body_out |= in_victim(c, pos);
	return f;
}

static enum fail move_row(struct compacting *c, struct mailbox *m, const struct row *r, struct batch *b)
{
	struct op op = {.kind = OP_RELOCATE, .mailbox = m->id, .uid = r->uid, .row = *r};
	bool body, prefix;
	enum fail f = must_move(c, r, &body, &prefix);

	if (f || (!body && !prefix))
		return f;
	if (body)
		f = move_body(c, r, &op.row.body);
	if (!f && prefix)
		f = read_record(c, r->prefix_pos, RECORD_PREFIX, &c->bytes);
	if (!f && prefix)
		f = append(c, RECORD_PREFIX, buf_span(&c->bytes), &op.row.prefix_pos);
	if (f == FAIL_CORRUPT) { /* its bytes are gone; what is left of them stays, and so does its segment */
		store_report(c->s, "account %llu: the message with UID %u cannot be read and stays where it is",
			(unsigned long long)m->account->id, (unsigned)r->uid);
		return FAIL_NONE;
	}
	if (!f) {
		batch_relocate(b, &op);
		c->out->messages++;
	}
	return f;
}

struct committing {
	struct store_wait wait;
	bool done;
	enum fail result;
};

static void committed(struct store_wait *w, enum fail f)
{
	struct committing *x = CONTAINER_OF(w, struct committing, wait);

	x->done = true;
	x->result = f;
}

static enum fail commit(struct compacting *c, struct batch *b)
{
	struct committing x = {0};
	enum fail f;

	store_wait_init(&x.wait, committed);
	f = batch_commit(b, &x.wait);
	while (f == FAIL_BUSY && !x.done)
		uv_run(&c->s->loop->uv, UV_RUN_ONCE);
	if (f == FAIL_BUSY)
		f = x.result;
	if (f && c->why)
		*c->why = x.wait.why;
	batch_free(b);
	return f;
}

static enum fail move_mailbox(struct compacting *c, struct mailbox *m)
{
	struct batch *b = batch_begin(m->account);
	enum fail f = FAIL_NONE;

	for (size_t i = 0; !f && i < m->rows.n; i++) {
		struct row r = m->rows.p[i]; /* a commit changes the rows' places, not their order */

		f = move_row(c, m, &r, b);
		if (!f && b->count >= RELOCATIONS_A_BATCH) {
			f = commit(c, b);
			b = batch_begin(m->account);
		}
	}
	if (f)
		batch_free(b);
	else
		f = commit(c, b);
	return f;
}

/* ── Snapshots ── */

struct durable {
	struct log_commit commit;
	bool done;
	enum log_result result;
};

static void made_durable(struct log_commit *commit, enum log_result result)
{
	struct durable *d = CONTAINER_OF(commit, struct durable, commit);

	d->done = true;
	d->result = result;
}

/* Nothing else is being appended, so what the group covers is in the index: an account's own snapshot says nothing that is not. */
static enum fail snapshot_one(struct compacting *c, struct account *a)
{
	struct durable d = {.commit.done = made_durable};
	enum fail f = snapshot_write(a, c->why);

	if (f)
		return f;
	log_commit(c->s->log, &d.commit);
	while (!d.done)
		uv_run(&c->s->loop->uv, UV_RUN_ONCE);
	if (d.result != LOG_DONE) {
		store_break(c->s, c->why);
		return why(c->why, FAIL_UNKNOWN, "The server has a problem with its disk.");
	}
	c->s->reached = d.commit.end;
	return FAIL_NONE;
}

static enum fail snapshot_all(struct compacting *c)
{
	uint64_t id = 0;
	struct account *a;
	enum fail f;

	while (!(f = index_next_account(c->s->kv, id, &id, c->why)) && id) {
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
	list_segments(&c);
	f = survey(&c);
	if (!f && choose(&c, percent)) {
		f = each_mailbox(&c, move_mailbox);
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
