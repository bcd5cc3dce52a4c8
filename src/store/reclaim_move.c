/* The reclaimer's mover: what lies in a victim is read whole, so that its checksum is verified, appended again, and named by relocations, which are
 * committed like any change. One message after the other:
 *
 *   move_next ─► (account, mailbox opened) ─► HEAD ─► BODY ─► CHUNK … ─► PREFIX ─► stage ─► move_next
 *                                                     (each compressed by a worker, where that is worth it)
 *
 * Nobody waits for the single batches; every megabyte is synced, so that no sync of others has much of ours to carry. Must not move what it
 * could not verify: that stays, and its segment with it. */
#include "base/in_service.h"
#include "base/memory.h"
#include "store/body.h"
#include "store/reclaim_inner.h"

enum { RELOCATIONS_A_BATCH = 128, SYNC_EVERY = 1 << 20, BATCHES_A_SYNC = 256, PACK_LEAST = 128 };

/* ── Bodies that were moved in this round ── */

static size_t moved_place(const struct reclaimer *r, struct log_pos from)
{
	uint64_t h = ((uint64_t)from.segment << 32 | from.offset) * 0x9e3779b97f4a7c15u;
	size_t at = (size_t)(h >> 20) & (r->moved_cap - 1);

	while (r->moved[at].from.segment && log_pos_cmp(r->moved[at].from, from))
		at = (at + 1) & (r->moved_cap - 1);
	return at;
}

static bool find_moved(const struct reclaimer *r, struct log_pos from, struct log_pos *to_out)
{
	size_t at = r->moved_cap ? moved_place(r, from) : 0;

	if (!r->moved_cap || !r->moved[at].from.segment)
		return false;
	*to_out = r->moved[at].to;
	return true;
}

static void remember_moved(struct reclaimer *r, struct log_pos from, struct log_pos to)
{
	if (r->moved_count * 2 >= r->moved_cap) {
		struct moved *old = r->moved;
		size_t cap = r->moved_cap;

		r->moved_cap = cap ? cap * 2 : 256;
		r->moved = memory_new(r->moved_cap * sizeof(*r->moved));
		for (size_t i = 0; i < cap; i++)
			if (old[i].from.segment)
				r->moved[moved_place(r, old[i].from)] = old[i];
		free(old);
	}
	r->moved[moved_place(r, from)] = (struct moved){from, to};
	r->moved_count++;
}

/* ── Reading and appending ── */

static const struct reclaim_ref *ref_of(const struct reclaimer *r)
{
	return &r->survey.refs[r->move.at];
}

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

/* ── What is staged ── */

static void commit(struct reclaimer *r)
{
	struct reclaim_moving *m = &r->move;

	if (!m->batch)
		return;
	/* It frees itself. Should it fail, the next collection finds what it was to move. */
	(void)!batch_commit(m->batch, NULL);
	m->batch = NULL;
	m->staged = 0;
	m->batches++;
}

static void stage(struct reclaimer *r)
{
	const struct reclaim_ref *ref = ref_of(r);
	struct reclaim_moving *m = &r->move;
	struct op op = {.kind = ref->kept ? OP_RELOCATE_KEPT : OP_RELOCATE};

	op.row.body = m->body;
	op.row.prefix_pos = m->prefix_pos;
	op.row.prefix = ref->prefix;
	if (ref->kept) {
		op.modseq = ref->mailbox;
		op.other = ref->uid;
	} else {
		op.mailbox = ref->mailbox;
		op.uid = (uint32_t)ref->uid;
	}
	if (!m->batch)
		m->batch = batch_begin(m->account);
	batch_stage(m->batch, &op);
	m->batch->ops[m->batch->count - 1].body = m->body_out;
	m->body_out = NULL;
	r->result.messages++;
	if (++m->staged >= RELOCATIONS_A_BATCH)
		commit(r);
}

/* ── The steps ── */

static bool unreadable(struct reclaimer *r)
{
	const struct reclaim_ref *ref = ref_of(r);

	store_report(r->s, "account %llu: a message cannot be read and stays where it is (segment %u, offset %u)",
		(unsigned long long)ref->account, (unsigned)ref->body.segment, (unsigned)ref->body.offset);
	reclaim_keep_message(r, ref->body, ref->prefix_pos, ref->size - ref->prefix);
	body_unref(r->move.body_out);
	r->move.body_out = NULL;
	r->move.at++;
	r->move.step = MOVE_NEXT;
	return true;
}

static bool after_body(struct reclaimer *r)
{
	const struct reclaim_ref *ref = ref_of(r);

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
	remember_moved(r, ref_of(r)->body, m->body);
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
	return after_body(r);
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
	const struct reclaim_ref *ref = ref_of(r);
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

static bool put_stage(struct reclaimer *r)
{
	stage(r);
	r->move.at++;
	r->move.step = MOVE_NEXT;
	return true;
}

/* ── Whose it is ── */

static void opened(struct store_wait *w, enum fail f)
{
	struct reclaimer *r = CONTAINER_OF(w, struct reclaimer, wait);

	r->move.open_result = f;
	reclaim_again(r);
}

static void close_mailbox(struct reclaim_moving *m)
{
	mailbox_close(m->mailbox);
	m->mailbox = NULL;
	m->open_mailbox = 0;
}

static void close_account(struct reclaim_moving *m)
{
	close_mailbox(m);
	account_close(m->account);
	m->account = NULL;
	m->open_account = 0;
}

/* What is gone meanwhile needs no moving. */
static bool take_opened(struct reclaimer *r)
{
	struct reclaim_moving *m = &r->move;

	m->step = MOVE_NEXT;
	if (m->open_result == FAIL_NOT_FOUND) {
		m->at++;
	} else if (m->open_result) {
		r->fail = m->open_result;
		r->why = r->wait.why;
	}
	return true;
}

static bool open_account(struct reclaimer *r, uint64_t id)
{
	struct reclaim_moving *m = &r->move;

	commit(r);
	close_account(m);
	store_wait_init(&r->wait, opened);
	m->step = MOVE_OPEN;
	m->open_account = id;
	m->open_result = account_open(r->s, id, &r->wait, &m->account);
	if (m->open_result == FAIL_NOT_FOUND)
		m->open_account = 0;
	return m->open_result != FAIL_BUSY;
}

static bool open_mailbox(struct reclaimer *r, uint64_t id)
{
	struct reclaim_moving *m = &r->move;

	commit(r);
	close_mailbox(m);
	store_wait_init(&r->wait, opened);
	m->step = MOVE_OPEN;
	m->open_mailbox = id;
	m->open_result = mailbox_open(m->account, id, &r->wait, &m->mailbox);
	if (m->open_result == FAIL_NOT_FOUND)
		m->open_mailbox = 0;
	return m->open_result != FAIL_BUSY;
}

/* It is still there, and where it was. */
static bool still_there(const struct reclaimer *r, const struct reclaim_ref *ref)
{
	const struct reclaim_moving *m = &r->move;
	size_t i;
	struct message msg;
	struct row row;

	if (ref->kept)
		return true;
	i = mailbox_lower_bound(m->mailbox, (uint32_t)ref->uid);
	if (i >= mailbox_count(m->mailbox) || mailbox_uid_at(m->mailbox, i) != ref->uid)
		return false;
	mailbox_at(m->mailbox, i, &msg);
	message_row(&msg, &row);
	return !log_pos_cmp(row.body, ref->body) && !log_pos_cmp(row.prefix_pos, ref->prefix_pos);
}

static bool move_next(struct reclaimer *r, bool *done_out)
{
	struct reclaim_moving *m = &r->move;
	const struct reclaim_ref *ref;
	bool known, whole;

	if (m->at >= r->survey.ref_count) {
		commit(r);
		*done_out = true;
		return true;
	}
	ref = ref_of(r);
	if (m->open_account != ref->account)
		return open_account(r, ref->account);
	if (!ref->kept && m->open_mailbox != ref->mailbox)
		return open_mailbox(r, ref->mailbox);
	if (!still_there(r, ref)) {
		m->at++;
		return true;
	}
	m->body = ref->body;
	m->prefix_pos = ref->prefix_pos;
	whole = ref->size - ref->prefix > BODY_INLINE_MAX &&
		reclaim_long_in_victim(r->segments, r->segment_count, &r->chunks, ref->body, &known);
	if ((!whole && !reclaim_is_victim(r, ref->body)) || find_moved(r, ref->body, &m->body))
		return after_body(r);
	return ask(r, ref->body, RECORD_BODY, BODY_HEAD, &m->bytes, MOVE_HEAD);
}

/* ── Syncing ── */

static void synced(struct log_commit *c, enum log_result result)
{
	struct reclaimer *r = CONTAINER_OF(CONTAINER_OF(c, struct reclaim_moving, sync), struct reclaimer, move);

	r->s->busy--;
	if (result != LOG_DONE)
		r->fail = why(&r->why, FAIL_UNKNOWN, "The server has a problem with its disk.");
	reclaim_again(r);
}

static bool was_read(enum move_step step)
{
	return step == MOVE_HEAD || step == MOVE_BODY || step == MOVE_CHUNK || step == MOVE_PREFIX;
}

bool reclaim_move(struct reclaimer *r, bool *done_out)
{
	struct reclaim_moving *m = &r->move;
	SERVING(m->at < r->survey.ref_count ? ref_of(r)->account : 0);

	*done_out = false;
	if (m->unsynced >= SYNC_EVERY || m->batches >= BATCHES_A_SYNC) {
		m->unsynced = m->batches = 0;
		m->sync.done = synced;
		r->s->busy++;
		log_commit(r->s->log, &m->sync);
		return false;
	}
	if (was_read(m->step) && m->read_result) {
		if (m->read_result == FAIL_CORRUPT)
			return unreadable(r);
		r->fail = m->read_result;
		r->why = m->read.why;
		return true;
	}
	switch (m->step) {
	case MOVE_NEXT: return move_next(r, done_out);
	case MOVE_OPEN: return take_opened(r);
	case MOVE_HEAD: return head_came(r);
	case MOVE_BODY: return body_came(r);
	case MOVE_BODY_PACKED: return body_packed(r);
	case MOVE_CHUNK: return chunk_came(r);
	case MOVE_CHUNK_PACKED: return chunk_packed(r);
	case MOVE_PREFIX: return prefix_came(r);
	case MOVE_STAGE: return put_stage(r);
	}
	return true;
}

void reclaim_move_fini(struct reclaimer *r)
{
	struct reclaim_moving *m = &r->move;

	batch_free(m->batch);
	close_account(m);
	buf_fini(&m->bytes);
	buf_fini(&m->chunk);
	buf_fini(&m->list);
	free(m->packing.out);
	body_unref(m->body_out);
	*m = (struct reclaim_moving){0};
}
