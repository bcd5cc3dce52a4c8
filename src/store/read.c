/* Reading messages: prefix and body as one stream, out of the log, without waiting where the bytes are in memory. No octet is given out that a
 * checksum does not vouch for: the log's, of the record that it is in, and for a body that is read whole its own. Must never give bytes to whoever has cancelled. */
#include <xxhash.h>

#include "base/memory.h"
#include "store/body.h"
#include "store/inside.h"

enum { READ_MAX = 1 << 20, CHUNKS_MAX = READ_MAX / LOG_CHUNK_MAX + 2 };

enum phase { READ_LIST, READ_BODY, READ_PREFIX, READ_END };

struct reading {
	struct store_op op;
	struct store *s;
	uint64_t account;
	unsigned era;
	struct row row;
	struct buf *out;
	uint64_t offset; /* in the message */
	size_t n;
	char *bytes; /* BODY_HEAD octets of room, then what was asked for */
	enum phase phase;
	uint64_t body_at; /* next octet of the body to read */
	uint64_t body_end;
	bool whole; /* the body with its head: it can be verified */
	char list[CHUNKS_MAX * BODY_CHUNK_ENTRY];
	struct log_read r;
	bool later; /* it has answered FAIL_BUSY */
};

static void reading_run(struct reading *x, enum fail f);

static enum fail corrupt(struct why *w)
{
	return why_log(w, FAIL_CORRUPT, "The message cannot be read.",
		"a message's bytes do not match its checksum: run `barid check`");
}

static void reading_back(struct log_read *r, enum fail f)
{
	reading_run(CONTAINER_OF(r, struct reading, r), f);
}

static enum fail ask(struct reading *x, struct log_pos pos, uint8_t type, uint64_t offset, uint64_t n, char *dst)
{
	x->r = (struct log_read){.pos = pos,
		.type = type,
		.offset = (uint32_t)offset,
		.n = (uint32_t)n,
		.dst = dst,
		.done = reading_back};
	return log_read(x->s->log, &x->r);
}

/* Where octet `at` of the body goes. */
static char *place(const struct reading *x, uint64_t at)
{
	return x->bytes + BODY_HEAD + (size_t)(x->row.prefix + at - x->offset);
}

static bool chunked(const struct reading *x)
{
	return x->row.size - x->row.prefix > BODY_INLINE_MAX;
}

static enum fail ask_list(struct reading *x)
{
	uint64_t first = x->body_at / LOG_CHUNK_MAX, last = (x->body_end - 1) / LOG_CHUNK_MAX;

	x->phase = READ_BODY;
	if (x->body_at >= x->body_end || !chunked(x))
		return FAIL_NONE;
	return ask(x, x->row.body, RECORD_BODY, BODY_HEAD + first * BODY_CHUNK_ENTRY,
		(last - first + 1) * BODY_CHUNK_ENTRY, x->list);
}

static enum fail ask_chunk(struct reading *x, uint64_t first_chunk)
{
	uint64_t chunk = x->body_at / LOG_CHUNK_MAX, at = x->body_at % LOG_CHUNK_MAX, n = x->body_end - x->body_at;
	struct span entry = span(x->list + (chunk - first_chunk) * BODY_CHUNK_ENTRY, BODY_CHUNK_ENTRY);
	char *dst = place(x, x->body_at);
	struct log_pos pos;
	uint32_t length;

	if (!span_take_be32(&entry, &pos.segment) || !span_take_be32(&entry, &pos.offset) ||
		!span_take_be32(&entry, &length) || at >= length)
		return corrupt(&x->r.why);
	if (n > length - at)
		n = length - at;
	x->body_at += n;
	return ask(x, pos, RECORD_CHUNK, at, n, dst);
}

/* The next piece of the body. The head of an inline body is read in front of it, over the place of the prefix, which comes last. */
static enum fail ask_body(struct reading *x, uint64_t first_chunk)
{
	uint64_t at = x->body_at;

	if (at >= x->body_end) {
		x->phase = READ_PREFIX;
		return FAIL_NONE;
	}
	if (chunked(x))
		return ask_chunk(x, first_chunk);
	x->whole = at == 0 && x->body_end == (uint64_t)x->row.size - x->row.prefix;
	x->body_at = x->body_end;
	if (x->whole)
		return ask(x, x->row.body, RECORD_BODY, 0, BODY_HEAD + x->body_end, place(x, 0) - BODY_HEAD);
	return ask(x, x->row.body, RECORD_BODY, BODY_HEAD + at, x->body_end - at, place(x, at));
}

static enum fail verify(struct reading *x)
{
	uint64_t size = x->body_end, stored = 0, sum = 0;
	struct span head;
	uint32_t skip;

	if (!x->whole)
		return FAIL_NONE;
	x->whole = false;
	head = span(place(x, 0) - BODY_HEAD, BODY_HEAD);
	if (!span_take_be32(&head, &skip) || !span_take_be32(&head, &skip) || !span_take_be64(&head, &stored) ||
		!span_take_be64(&head, &sum) || stored != size || sum != XXH3_64bits(place(x, 0), size))
		return corrupt(&x->r.why);
	return FAIL_NONE;
}

static enum fail ask_prefix(struct reading *x)
{
	uint64_t end = x->offset + x->n < x->row.prefix ? x->offset + x->n : x->row.prefix;
	enum fail f = verify(x);

	x->phase = READ_END;
	if (f || x->offset >= end)
		return f;
	return ask(x, x->row.prefix_pos, RECORD_PREFIX, x->offset, end - x->offset, x->bytes + BODY_HEAD);
}

static enum fail reading_step(struct reading *x)
{
	uint64_t body_from = x->offset > x->row.prefix ? x->offset - x->row.prefix : 0;

	switch (x->phase) {
	case READ_LIST: return ask_list(x);
	case READ_BODY: return ask_body(x, body_from / LOG_CHUNK_MAX);
	case READ_PREFIX: return ask_prefix(x);
	case READ_END: break;
	}
	return FAIL_NONE;
}

static enum fail reading_finish(struct reading *x, enum fail f)
{
	if (!f && (!x->later || x->op.wait) && buf_add(x->out, span(x->bytes + BODY_HEAD, x->n)))
		f = why(&x->r.why, FAIL_TOO_BIG, "The message does not fit.");
	if (f == FAIL_CORRUPT)
		rotten_found(x->s, x->account, &x->row, &x->r.why);
	return f;
}

static void reading_free(struct reading *x)
{
	reading_end(x->s, x->era);
	free(x->bytes);
	free(x);
}

/* Steps until a piece must be waited for; then log_read calls again. */
static enum fail reading_steps(struct reading *x)
{
	enum fail f = FAIL_NONE;

	while (!f && x->phase != READ_END)
		f = reading_step(x);
	return f;
}

static void reading_run(struct reading *x, enum fail f)
{
	if (!f)
		f = reading_steps(x);
	if (f == FAIL_BUSY)
		return;
	f = reading_finish(x, f);
	x->s->busy--;
	store_op_end(&x->op, f, &x->r.why);
	reading_free(x);
}

enum fail message_read(
	struct account *a, const struct message *msg, uint64_t offset, size_t n, struct buf *out, struct store_wait *w)
{
	struct reading *x;
	enum fail f;

	if (offset >= msg->size || !n)
		return FAIL_NONE;
	if (rotten_known(a->store, (struct log_pos){msg->body_place.segment, msg->body_place.offset}))
		return rotten_refuse(msg->uid, w ? &w->why : NULL);
	n = n < READ_MAX ? n : READ_MAX;
	n = n < msg->size - offset ? n : (size_t)(msg->size - offset);
	x = NEW(struct reading);
	x->s = a->store;
	x->account = a->id;
	x->era = reading_begin(x->s);
	place_now(msg, &x->row);
	x->out = out;
	x->offset = offset;
	x->n = n;
	x->bytes = memory_resize(NULL, BODY_HEAD + n);
	x->body_at = offset > msg->prefix ? offset - msg->prefix : 0;
	x->body_end = offset + n > msg->prefix ? offset + n - msg->prefix : 0;
	x->phase = READ_LIST;
	f = reading_steps(x);
	if (f == FAIL_BUSY) {
		x->later = true;
		x->s->busy++;
		store_op_begin(&x->op, w);
		return f;
	}
	f = reading_finish(x, f);
	if (f && w)
		w->why = x->r.why;
	reading_free(x);
	return f;
}
