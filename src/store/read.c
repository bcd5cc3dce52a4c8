/* Reading messages: prefix and body as one stream, out of the log, without waiting where the bytes are in memory. No octet is given out that a
 * checksum does not vouch for: the log's, of the record that it is in, and for a body that is read whole its own. Must never give bytes to whoever has cancelled.
 *
 *   BEGIN ─► whole and short: WHOLE ──────────────┬─────────────────────► PREFIX ─► END
 *         └► HEAD ─┬─ short ─► PIECE ─────────────┤ compressed: PACKED ─► UNPACKED ─► …
 *                  └─ long: LIST ─► PIECE, PIECE … ┘ */

#include "base/memory.h"
#include "log/hash.h"
#include "store/body.h"
#include "store/inside.h"
#include "store/pack.h"

enum { READ_MAX = 1 << 20, CHUNKS_MAX = READ_MAX / LOG_CHUNK_MAX + 2 };

/* What has come when it goes on. */
enum phase {
	READ_BEGIN,
	READ_WHOLE,
	READ_HEAD,
	READ_LIST,
	READ_PIECE,
	READ_PACKED,
	READ_UNPACKED,
	READ_PREFIX,
	READ_END
};

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
	struct body_head head;
	char head_bytes[BODY_HEAD];
	uint64_t list_first; /* number of the chunk that is first in `list` */
	char list[CHUNKS_MAX * BODY_PACKED_ENTRY];
	struct log_pos piece; /* what is compressed: its record */
	uint64_t piece_at;    /* and its first octet in the body */
	char *packed;
	struct packing packing;
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

/* `next` finds it there. */
static enum fail ask(
	struct reading *x, struct log_pos pos, uint8_t type, uint64_t offset, uint64_t n, char *dst, enum phase next)
{
	x->phase = next;
	x->r = (struct log_read){.pos = pos,
		.type = type,
		.offset = (uint32_t)offset,
		.n = (uint32_t)n,
		.at_most = next == READ_WHOLE,
		.dst = dst,
		.done = reading_back};
	return log_read(x->s->log, &x->r);
}

/* Where octet `at` of the body goes. */
static char *place(const struct reading *x, uint64_t at)
{
	return x->bytes + BODY_HEAD + (size_t)(x->row.prefix + at - x->offset);
}

static uint64_t body_octets(const struct reading *x)
{
	return (uint64_t)x->row.size - x->row.prefix;
}

/* ── What is compressed ── */

/* The octets that are wanted of what was unpacked, from `bytes`, all of it. */
static enum fail take_unpacked(struct reading *x, const char *bytes, uint64_t n)
{
	uint64_t skip = x->body_at - x->piece_at, take = n - skip;

	if (take > x->body_end - x->body_at)
		take = x->body_end - x->body_at;
	memcpy(place(x, x->body_at), bytes + skip, take);
	x->body_at += take;
	x->phase = READ_PIECE;
	return FAIL_NONE;
}

static enum fail ask_packed(
	struct reading *x, struct log_pos pos, uint8_t type, uint64_t offset, uint64_t stored, uint64_t octets)
{
	const struct unpacked *known = &x->s->unpacked;

	x->piece = pos;
	x->packing.n = (uint32_t)octets;
	if (known->bytes && !log_pos_cmp(known->pos, pos) && known->n == octets)
		return take_unpacked(x, known->bytes, octets);
	free(x->packed);
	x->packed = memory_resize(NULL, stored + 1);
	x->packing.in = span(x->packed, stored);
	return ask(x, pos, type, offset, stored, x->packed, READ_PACKED);
}

static void unpacked(struct packing *p)
{
	reading_run(CONTAINER_OF(p, struct reading, packing), FAIL_NONE);
}

static enum fail unpack(struct reading *x)
{
	x->phase = READ_UNPACKED;
	x->packing.done = unpacked;
	return unpack_start(&x->packing, x->s->loop) ? FAIL_NONE : FAIL_BUSY;
}

/* The last that was unpacked is kept: whoever reads a message in pieces comes back for it. */
static enum fail unpack_came(struct reading *x)
{
	struct unpacked *keep = &x->s->unpacked;
	struct packing *p = &x->packing;

	if (p->result || (!body_is_chunked(&x->head) && x->head.sum != XXH3_64bits(p->out, p->n)))
		return corrupt(&x->r.why);
	free(keep->bytes);
	*keep = (struct unpacked){x->piece, p->out, p->n};
	p->out = NULL;
	return take_unpacked(x, keep->bytes, keep->n);
}

/* ── Pieces ── */

static enum fail begin(struct reading *x)
{
	uint64_t octets = body_octets(x);

	if (x->body_at >= x->body_end) {
		x->phase = READ_PREFIX;
		return FAIL_NONE;
	}
	/* The head is read in front of the octets, over the place of the prefix, which comes last. */
	if (octets <= BODY_INLINE_MAX && x->body_at == 0 && x->body_end == octets)
		return ask(x, x->row.body, RECORD_BODY, 0, BODY_HEAD + octets, place(x, 0) - BODY_HEAD, READ_WHOLE);
	return ask(x, x->row.body, RECORD_BODY, 0, BODY_HEAD, x->head_bytes, READ_HEAD);
}

static enum fail take_head(struct reading *x, const char *bytes)
{
	if (body_head_decode(span(bytes, BODY_HEAD), &x->head) || x->head.octets != body_octets(x) ||
		body_is_chunked(&x->head) != (body_octets(x) > BODY_INLINE_MAX))
		return corrupt(&x->r.why);
	return FAIL_NONE;
}

static enum fail whole_came(struct reading *x)
{
	const char *head = place(x, 0) - BODY_HEAD;
	uint64_t stored;

	if (x->r.n < BODY_HEAD || take_head(x, head))
		return corrupt(&x->r.why);
	stored = body_stored_octets(&x->head);
	if (x->r.n < BODY_HEAD + stored)
		return corrupt(&x->r.why);
	if (body_is_packed(&x->head)) {
		x->piece = x->row.body;
		x->packed = memory_resize(NULL, stored + 1);
		memcpy(x->packed, head + BODY_HEAD, stored);
		x->packing.in = span(x->packed, stored);
		x->packing.n = (uint32_t)x->head.octets;
		return unpack(x);
	}
	if (x->head.sum != XXH3_64bits(head + BODY_HEAD, stored))
		return corrupt(&x->r.why);
	x->body_at = x->body_end;
	x->phase = READ_PREFIX;
	return FAIL_NONE;
}

static enum fail head_came(struct reading *x)
{
	uint64_t first = x->body_at / LOG_CHUNK_MAX, last = (x->body_end - 1) / LOG_CHUNK_MAX, entry;
	enum fail f = take_head(x, x->head_bytes);

	if (f)
		return f;
	if (!body_is_chunked(&x->head)) {
		x->phase = READ_PIECE;
		return FAIL_NONE;
	}
	entry = body_entry_octets(&x->head);
	x->list_first = first;
	return ask(
		x, x->row.body, RECORD_BODY, BODY_HEAD + first * entry, (last - first + 1) * entry, x->list, READ_LIST);
}

static enum fail ask_chunk(struct reading *x)
{
	uint64_t number = x->body_at / LOG_CHUNK_MAX, at = x->body_at % LOG_CHUNK_MAX, n = x->body_end - x->body_at;
	char *dst = place(x, x->body_at);
	struct body_chunk chunk;

	if (!body_chunk_at(&x->head, span(x->list, sizeof(x->list)), number - x->list_first, &chunk) ||
		at >= chunk.octets)
		return corrupt(&x->r.why);
	x->piece_at = x->body_at - at;
	if (chunk.stored < chunk.octets)
		return ask_packed(x, chunk.pos, RECORD_CHUNK_PACKED, 0, chunk.stored, chunk.octets);
	if (n > chunk.octets - at)
		n = chunk.octets - at;
	x->body_at += n;
	return ask(x, chunk.pos, RECORD_CHUNK, at, n, dst, READ_PIECE);
}

static enum fail ask_piece(struct reading *x)
{
	uint64_t at = x->body_at;

	if (at >= x->body_end) {
		x->phase = READ_PREFIX;
		return FAIL_NONE;
	}
	if (body_is_chunked(&x->head))
		return ask_chunk(x);
	x->piece_at = 0;
	if (body_is_packed(&x->head))
		return ask_packed(x, x->row.body, RECORD_BODY, BODY_HEAD, x->head.packed, x->head.octets);
	x->body_at = x->body_end;
	return ask(x, x->row.body, RECORD_BODY, BODY_HEAD + at, x->body_end - at, place(x, at), READ_PIECE);
}

static enum fail ask_prefix(struct reading *x)
{
	uint64_t end = x->offset + x->n < x->row.prefix ? x->offset + x->n : x->row.prefix;

	x->phase = READ_END;
	if (x->offset >= end)
		return FAIL_NONE;
	return ask(x, x->row.prefix_pos, RECORD_PREFIX, x->offset, end - x->offset, x->bytes + BODY_HEAD, READ_END);
}

static enum fail reading_step(struct reading *x)
{
	switch (x->phase) {
	case READ_BEGIN: return begin(x);
	case READ_WHOLE: return whole_came(x);
	case READ_HEAD: return head_came(x);
	case READ_LIST:
	case READ_PIECE: return ask_piece(x);
	case READ_PACKED: return unpack(x);
	case READ_UNPACKED: return unpack_came(x);
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
	free(x->packed);
	free(x->packing.out);
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
	x->phase = READ_BEGIN;
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
