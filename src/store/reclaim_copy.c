/* The bytes of the message that the mover has in hand: read whole, so that their checksum is verified, and appended again.
 *
 *   reclaim_copy_begin ─► HEAD ─► BODY ─► CHUNK … ─► reclaim_copy_prefix ─► PREFIX ─► STAGE
 *                         (each compressed by a worker, where that is worth it)
 *
 * Must not append what it could not verify: that message stays where it is, and its segments with it. */
#include "base/memory.h"
#include "store/reclaim_inner.h"

enum { PACK_LEAST = 128 };

const struct reclaim_ref *reclaim_ref_in_hand(const struct reclaimer *r)
{
	return &r->survey.refs[r->move.at];
}

/* ── Reading and appending ── */

static void came(struct log_read *read, enum fail f)
{
	struct reclaimer *r = CONTAINER_OF(CONTAINER_OF(read, struct reclaim_moving, read), struct reclaimer, move);

	r->s->busy--;
	r->move.read_result = f;
	reclaim_again(r);
}

/* Reads into `out`; `next` finds it there. True when it is there at once. */
static bool ask(struct reclaimer *r, struct log_pos pos, uint8_t type, uint64_t n, struct buf *out, enum move_step next)
{
	struct reclaim_moving *m = &r->move;

	m->step = next;
	buf_fini(out);
	buf_init(out, (size_t)n + 1);
	m->read = (struct log_read){
		.pos = pos, .type = type, .n = (uint32_t)n, .dst = buf_reserve(out, (size_t)n + 1), .done = came};
	buf_commit(out, (size_t)n);
	m->read_result = log_read(r->s->log, &m->read);
	if (m->read_result == FAIL_BUSY)
		r->s->busy++;
	return m->read_result != FAIL_BUSY;
}

static bool append(struct reclaimer *r, uint8_t type, struct span bytes, struct log_pos *out)
{
	struct store *s = r->s;

	r->fail = log_append(s->log, type, &bytes, 1, out, &r->why);
	if (r->fail) {
		if (log_broken(s->log))
			store_break(s, &r->why);
		return false;
	}
	s->redo_bytes += bytes.n;
	r->move.unsynced += bytes.n;
	r->result.moved_bytes += bytes.n;
	r->figures.moved_bytes += bytes.n;
	reclaim_cost(r, bytes.n);
	return true;
}

/* ── The steps ── */

static bool unreadable(struct reclaimer *r)
{
	const struct reclaim_ref *ref = reclaim_ref_in_hand(r);

	store_report(r->s, "account %llu: a message cannot be read and stays where it is (segment %u, offset %u)",
		(unsigned long long)ref->account, (unsigned)ref->body.segment, (unsigned)ref->body.offset);
	reclaim_keep_message(r, ref->body, ref->prefix_pos, ref->size - ref->prefix);
	body_unref(r->move.body_out);
	r->move.body_out = NULL;
	r->move.at++;
	r->move.step = MOVE_NEXT;
	return true;
}

bool reclaim_copy_prefix(struct reclaimer *r)
{
	const struct reclaim_ref *ref = reclaim_ref_in_hand(r);

	if (ref->prefix && reclaim_is_victim(r, ref->prefix_pos))
		return ask(r, ref->prefix_pos, RECORD_PREFIX, ref->prefix, &r->move.bytes, MOVE_PREFIX);
	r->move.step = MOVE_STAGE;
	return true;
}

static struct span structure_of(const struct reclaim_moving *m)
{
	return span(m->bytes.p + BODY_HEAD + body_stored_octets(&m->head), m->head.structure);
}

/* Head, octets or list, structure. */
static bool put_body(struct reclaimer *r, struct span stored)
{
	struct reclaim_moving *m = &r->move;
	struct span structure = structure_of(m);
	struct buf record;
	bool done;

	buf_init(&record, LOG_RECORD_MAX);
	body_head_encode(&m->head_out, &record);
	buf_add(&record, stored);
	buf_add(&record, structure);
	done = append(r, RECORD_BODY, buf_span(&record), &m->body);
	buf_fini(&record);
	if (!done)
		return true;
	reclaim_remember_moved(r, reclaim_ref_in_hand(r)->body, m->body);
	if (body_is_chunked(&m->head_out))
		chunk_ranges_put(&r->chunks, &(struct chunk_range){.body = m->body,
						     .first = m->chunk_first,
						     .last = m->body.segment,
						     .stored = m->chunk_stored,
						     .plain = m->head_out.form == BODY_CHUNKED});
	m->body_out = NEW(struct body);
	m->body_out->refs = 1;
	m->body_out->pos = m->body;
	buf_init(&m->body_out->structure, structure.n + 1);
	buf_add(&m->body_out->structure, structure);
	return reclaim_copy_prefix(r);
}

static void packed(struct packing *p)
{
	struct reclaimer *r = CONTAINER_OF(CONTAINER_OF(p, struct reclaim_moving, packing), struct reclaimer, move);

	r->s->busy--;
	reclaim_again(r);
}

static bool pack(struct reclaimer *r, struct span in, enum move_step next)
{
	struct reclaim_moving *m = &r->move;

	m->step = next;
	m->packing = (struct packing){.in = in, .done = packed};
	r->s->busy++;
	pack_start(&m->packing, r->s->loop);
	return false;
}

static bool ask_chunk(struct reclaimer *r)
{
	struct reclaim_moving *m = &r->move;
	uint8_t type;

	if (m->chunk_at == m->head.chunks)
		return put_body(r, buf_span(&m->list));
	if (!body_chunk_at(&m->head, span(m->bytes.p + BODY_HEAD, (size_t)body_stored_octets(&m->head)), m->chunk_at,
		    &m->entry))
		return unreadable(r);
	type = m->entry.stored < m->entry.octets ? RECORD_CHUNK_PACKED : RECORD_CHUNK;
	return ask(r, m->entry.pos, type, m->entry.stored, &m->chunk, MOVE_CHUNK);
}

static bool put_chunk(struct reclaimer *r, struct span stored)
{
	struct reclaim_moving *m = &r->move;

	m->entry.stored = (uint32_t)stored.n;
	m->chunk_stored += m->entry.stored;
	if (!append(r, stored.n < m->entry.octets ? RECORD_CHUNK_PACKED : RECORD_CHUNK, stored, &m->entry.pos))
		return true;
	m->chunk_first = m->entry.pos.segment < m->chunk_first ? m->entry.pos.segment : m->chunk_first;
	body_chunk_add(&m->head_out, &m->entry, &m->list);
	m->chunk_at++;
	return ask_chunk(r);
}

static bool head_came(struct reclaimer *r)
{
	const struct reclaim_ref *ref = reclaim_ref_in_hand(r);
	struct reclaim_moving *m = &r->move;
	uint64_t n;

	if (body_head_decode(buf_span(&m->bytes), &m->head) || m->head.octets != (uint64_t)ref->size - ref->prefix)
		return unreadable(r);
	n = BODY_HEAD + body_stored_octets(&m->head) + m->head.structure;
	if (n > LOG_RECORD_MAX)
		return unreadable(r);
	return ask(r, ref->body, RECORD_BODY, n, &m->bytes, MOVE_BODY);
}

static bool body_came(struct reclaimer *r)
{
	struct reclaim_moving *m = &r->move;
	struct span octets = span(m->bytes.p + BODY_HEAD, (size_t)body_stored_octets(&m->head));

	m->head_out = m->head;
	if (m->head.form == BODY_INLINE && r->order.compress && octets.n < PACK_LEAST) {
		m->head_out.form = BODY_INLINE_PACKED; /* not worth trying is as good as tried */
		m->head_out.packed = (uint32_t)octets.n;
	} else if (m->head.form == BODY_INLINE && r->order.compress)
		return pack(r, octets, MOVE_BODY_PACKED);
	if (!body_is_chunked(&m->head))
		return put_body(r, octets);
	if (r->order.compress)
		m->head_out.form = BODY_CHUNKED_PACKED;
	buf_fini(&m->list);
	buf_init(&m->list, SIZE_MAX);
	m->chunk_at = 0;
	m->chunk_first = UINT32_MAX;
	m->chunk_stored = 0;
	return ask_chunk(r);
}

static bool body_packed(struct reclaimer *r)
{
	struct reclaim_moving *m = &r->move;
	struct span octets = span(m->bytes.p + BODY_HEAD, (size_t)m->head.octets);
	char *bytes = m->packing.out;
	bool more;

	m->head_out.form = BODY_INLINE_PACKED;
	m->head_out.packed = (uint32_t)octets.n; /* as it is: it has been tried */
	if (!m->packing.result) {
		m->head_out.packed = m->packing.n;
		octets = span(bytes, m->packing.n);
	}
	m->packing.out = NULL;
	more = put_body(r, octets);
	free(bytes);
	return more;
}

static bool chunk_came(struct reclaimer *r)
{
	struct reclaim_moving *m = &r->move;

	if (r->order.compress && m->entry.stored == m->entry.octets)
		return pack(r, buf_span(&m->chunk), MOVE_CHUNK_PACKED);
	return put_chunk(r, buf_span(&m->chunk));
}

static bool chunk_packed(struct reclaimer *r)
{
	struct reclaim_moving *m = &r->move;
	char *bytes = m->packing.out;
	bool more;

	m->packing.out = NULL;
	more = put_chunk(r, m->packing.result ? buf_span(&m->chunk) : span(bytes, m->packing.n));
	free(bytes);
	return more;
}

static bool prefix_came(struct reclaimer *r)
{
	if (append(r, RECORD_PREFIX, buf_span(&r->move.bytes), &r->move.prefix_pos))
		r->move.step = MOVE_STAGE;
	return true;
}

/* ── From the mover ── */

bool reclaim_copy_begin(struct reclaimer *r)
{
	return ask(r, reclaim_ref_in_hand(r)->body, RECORD_BODY, BODY_HEAD, &r->move.bytes, MOVE_HEAD);
}

static bool was_read(enum move_step step)
{
	return step == MOVE_HEAD || step == MOVE_BODY || step == MOVE_CHUNK || step == MOVE_PREFIX;
}

bool reclaim_copy_step(struct reclaimer *r)
{
	struct reclaim_moving *m = &r->move;

	if (was_read(m->step) && m->read_result) {
		if (m->read_result == FAIL_CORRUPT)
			return unreadable(r);
		r->fail = m->read_result;
		r->why = m->read.why;
		return true;
	}
	switch (m->step) {
	case MOVE_HEAD: return head_came(r);
	case MOVE_BODY: return body_came(r);
	case MOVE_BODY_PACKED: return body_packed(r);
	case MOVE_CHUNK: return chunk_came(r);
	case MOVE_CHUNK_PACKED: return chunk_packed(r);
	case MOVE_PREFIX: return prefix_came(r);
	case MOVE_NEXT:
	case MOVE_OPEN:
	case MOVE_STAGE: break;
	}
	return true;
}
