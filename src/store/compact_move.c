/* The part of compact.c that moves bytes: what lies in a segment that is to go is read whole, checked, appended again, and named by
 * relocations that are committed like any change. */
#include "base/memory.h"
#include "store/body.h"
#include "store/compact_inner.h"

enum { RELOCATIONS_A_BATCH = 1000 };

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

uint64_t compact_chunk_count(const struct row *r)
{
	uint64_t body = (uint64_t)r->size - r->prefix;

	return body > BODY_INLINE_MAX ? (body + LOG_CHUNK_MAX - 1) / LOG_CHUNK_MAX : 0;
}

enum fail compact_read_list(struct compacting *c, const struct row *r, struct buf *out)
{
	struct log_read read = {.pos = r->body,
		.type = RECORD_BODY,
		.offset = BODY_HEAD,
		.n = (uint32_t)(compact_chunk_count(r) * BODY_CHUNK_ENTRY)};
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

bool compact_take_entry(struct span *list, struct log_pos *pos, uint32_t *n)
{
	return span_take_be32(list, &pos->segment) && span_take_be32(list, &pos->offset) && span_take_be32(list, n);
}

/* ── Moving ── */

static bool in_victim(struct compacting *c, struct log_pos pos)
{
	const struct segment_use *u = compact_segment(c, pos.segment);

	return u && u->victim;
}

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

		if (!compact_take_entry(&list, &pos, &n))
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
	if (!f && c->bytes.n < BODY_HEAD + compact_chunk_count(r) * BODY_CHUNK_ENTRY)
		f = why(c->why, FAIL_CORRUPT, "A message cannot be read.");
	if (!f)
		f = move_chunks(c, compact_chunk_count(r), &c->bytes);
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
	if (*body_out || !compact_chunk_count(r))
		return FAIL_NONE;
	f = compact_read_list(c, r, &c->bytes);
	list = buf_span(&c->bytes);
	while (!f && compact_take_entry(&list, &pos, &n))
		*body_out |= in_victim(c, pos);
	return f;
}

/* `op` names the message, and its row as it is: gets the new places, and is staged when there are any. */
static enum fail move_row(struct compacting *c, struct op *op, struct batch *b)
{
	struct row row = op->row, *r = &row;
	bool body, prefix;
	enum fail f = must_move(c, r, &body, &prefix);

	if (f || (!body && !prefix))
		return f;
	if (body)
		f = move_body(c, r, &op->row.body);
	if (!f && prefix)
		f = read_record(c, r->prefix_pos, RECORD_PREFIX, &c->bytes);
	if (!f && prefix)
		f = append(c, RECORD_PREFIX, buf_span(&c->bytes), &op->row.prefix_pos);
	if (f == FAIL_CORRUPT) { /* its bytes are gone; what is left of them stays, and so does its segment */
		store_report(c->s, "account %llu: the message with UID %u cannot be read and stays where it is",
			(unsigned long long)b->account->id, (unsigned)r->uid);
		return FAIL_NONE;
	}
	if (!f) {
		batch_stage(b, op);
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

enum fail compact_move_mailbox(struct compacting *c, struct mailbox *m)
{
	struct batch *b = batch_begin(m->account);
	enum fail f = FAIL_NONE;

	for (size_t i = 0; !f && i < m->rows.n; i++) {
		const struct row *r = &m->rows.p[i]; /* a commit changes the rows' places, not their order */
		struct op op = {.kind = OP_RELOCATE, .mailbox = m->id, .uid = r->uid, .row = *r};

		f = move_row(c, &op, b);
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

/* ── Kept messages ── */

struct kept_moving {
	struct compacting *c;
	struct batch *batch;
	struct kept_place last;
	size_t left;
	enum fail fail;
};

static bool move_kept_row(void *context, const struct op *kept)
{
	struct kept_moving *k = context;
	struct op op = {.kind = OP_RELOCATE_KEPT, .modseq = kept->modseq, .other = kept->other, .row = kept->row};

	k->fail = move_row(k->c, &op, k->batch);
	k->last = (struct kept_place){kept->modseq, kept->other};
	return !k->fail && --k->left;
}

/* A page at a time: the index may not be written while it is walked. */
enum fail compact_move_kept(struct compacting *c, struct account *a)
{
	struct kept_moving k = {.c = c};
	enum fail f = FAIL_NONE;

	while (!f && !k.left) {
		k.batch = batch_begin(a);
		k.left = RELOCATIONS_A_BATCH;
		f = kept_each(a, k.last, move_kept_row, &k, c->why);
		if (!f)
			f = k.fail;
		if (f)
			batch_free(k.batch);
		else
			f = commit(c, k.batch);
	}
	return f;
}
