/* A body on its way into the log: bare LF becomes CRLF (bare CR and NUL stay as they are), the MIME parser reads along, long ones go out in
 * chunks. Record layouts: doc/STORE-FORMAT.md, "Mail records". */

#include "base/memory.h"
#include "log/hash.h"
#include "mime/mime.h"
#include "store/body.h"
#include "store/inside.h"

enum { BODY_MAX = INT32_MAX };

struct body_writer {
	struct store *store;
	struct body_hold hold; /* from its first chunk on */
	struct mime_parser *parser;
	XXH3_state_t *sum;
	struct buf bytes; /* not yet in a chunk */
	struct buf list;  /* of the chunks written */
	uint32_t chunks;
	uint64_t size;
	bool after_cr;
};

struct body_writer *body_begin(struct store *s)
{
	struct body_writer *b = NEW(struct body_writer);

	b->store = s;
	b->parser = mime_parser_new();
	b->sum = XXH3_createState();
	if (!b->sum)
		abort();
	XXH3_64bits_reset(b->sum);
	buf_init(&b->bytes, BODY_INLINE_MAX);
	buf_init(&b->list, SIZE_MAX);
	return b;
}

void body_drop(struct body_writer *b)
{
	if (!b)
		return;
	body_hold_end(&b->hold);
	mime_parser_free(b->parser);
	XXH3_freeState(b->sum);
	buf_fini(&b->bytes);
	buf_fini(&b->list);
	free(b);
}

static enum fail write_chunk(struct body_writer *b, struct why *w)
{
	struct span bytes = buf_span(&b->bytes);
	struct log_pos pos;
	enum fail f = log_append(b->store->log, RECORD_CHUNK, &bytes, 1, &pos, w);

	if (f) {
		if (log_broken(b->store->log))
			store_break(b->store, w);
		return f;
	}
	body_hold_begin(b->store, &b->hold, pos.segment);
	b->store->redo_bytes += bytes.n;
	buf_add_u32(&b->list, pos.segment);
	buf_add_u32(&b->list, pos.offset);
	buf_add_u32(&b->list, (uint32_t)bytes.n);
	b->chunks++;
	buf_reset(&b->bytes);
	return FAIL_NONE;
}

/* Bytes in their final form. A full buffer is written only when more follows: a body of just that length is inline. */
static enum fail keep(struct body_writer *b, struct span bytes, struct why *w)
{
	mime_parser_feed(b->parser, bytes);
	XXH3_64bits_update(b->sum, bytes.p, bytes.n);
	b->size += bytes.n;
	while (bytes.n) {
		struct span part;

		if (b->bytes.n == BODY_INLINE_MAX) {
			enum fail f = write_chunk(b, w);

			if (f)
				return f;
		}
		part = span_first(bytes, BODY_INLINE_MAX - b->bytes.n);
		buf_add(&b->bytes, part);
		bytes = span_skip(bytes, part.n);
	}
	return FAIL_NONE;
}

/* The line that `bytes` begins with, up to but without a bare LF; *bare_out: there is one. */
static struct span take_good(struct body_writer *b, struct span *bytes, bool *bare_out)
{
	size_t from = 0, lf;

	*bare_out = false;
	for (;;) {
		lf = span_find_byte(span_skip(*bytes, from), '\n');
		if (lf == SIZE_MAX)
			break;
		lf += from;
		if (lf ? bytes->p[lf - 1] != '\r' : !b->after_cr) {
			struct span good = span_first(*bytes, lf);

			*bytes = span_skip(*bytes, lf + 1);
			*bare_out = true;
			return good;
		}
		from = lf + 1;
	}
	*bytes = span_skip(*bytes, bytes->n);
	return span(NULL, 0);
}

enum fail body_append(struct body_writer *b, struct span bytes, struct why *w)
{
	enum fail f;

	if (bytes.n > BODY_MAX || b->size + 2 * (uint64_t)bytes.n > BODY_MAX)
		return why(w, FAIL_TOO_BIG, "The message is too big.");
	if (bytes.n && (f = store_may_grow(b->store, bytes.n, w)))
		return f;
	while (bytes.n) {
		struct span whole = bytes;
		bool bare;
		struct span good = take_good(b, &bytes, &bare);

		if (!bare)
			good = whole;
		f = good.n ? keep(b, good, w) : FAIL_NONE;
		if (!f && bare)
			f = keep(b, SPAN("\r\n"), w);
		if (f)
			return f;
		b->after_cr = !bare && whole.p[whole.n - 1] == '\r';
	}
	return FAIL_NONE;
}

uint64_t body_size_so_far(const struct body_writer *b)
{
	return b->size;
}

static enum fail write_body(struct body_writer *b, struct body *body, struct why *w)
{
	struct body_head h = {.octets = b->size, .structure = (uint32_t)body->structure.n};
	struct span parts[3];
	struct buf head;
	enum fail f = FAIL_NONE;

	if (b->chunks)
		f = write_chunk(b, w);
	if (f)
		return f;
	h.form = b->chunks ? BODY_CHUNKED : BODY_INLINE;
	h.chunks = b->chunks;
	h.sum = XXH3_64bits_digest(b->sum);
	buf_init(&head, BODY_HEAD);
	body_head_encode(&h, &head);
	parts[0] = buf_span(&head);
	parts[1] = b->chunks ? buf_span(&b->list) : buf_span(&b->bytes);
	parts[2] = buf_span(&body->structure);
	f = log_append(b->store->log, RECORD_BODY, parts, 3, &body->pos, w);
	b->store->redo_bytes += parts[1].n + parts[2].n;
	buf_fini(&head);
	if (f && log_broken(b->store->log))
		store_break(b->store, w);
	if (!f)
		body_hold_begin(b->store, &body->hold, b->hold.segment ? b->hold.segment : body->pos.segment);
	return f;
}

enum fail body_end(struct body_writer *b, struct body **out, struct why *w)
{
	struct body *body = NEW(struct body);
	enum fail f;

	body->refs = 1;
	body->size = b->size;
	buf_init(&body->structure, MIME_STRUCTURE_MAX);
	f = mime_parser_end(b->parser, &body->structure);
	if (f)
		f = why(w, f, "The structure of the message is too big.");
	if (!f)
		f = write_body(b, body, w);
	body_drop(b);
	if (f) {
		body_unref(body);
		return f;
	}
	*out = body;
	return FAIL_NONE;
}

uint64_t body_size(const struct body *b)
{
	return b->size;
}

void body_unref(struct body *b)
{
	if (!b || --b->refs)
		return;
	body_hold_end(&b->hold);
	buf_fini(&b->structure);
	free(b);
}

void body_free(struct body *b)
{
	body_unref(b);
}
