/* The reclaimer's mover: what lies in a victim is written again (reclaim_copy.c), and named by relocations, which are committed like any change. One
 * message after the other:
 *
 *   move_next ─► (account, mailbox opened) ─► reclaim_copy_begin … ─► put_stage ─► move_next
 *
 * Nobody waits for the single batches; every megabyte is synced, so that no sync of others has much of ours to carry. Must not move what is no longer
 * there, nor name a place where the bytes do not stand. */
#include "base/in_service.h"
#include "store/reclaim_inner.h"

enum { RELOCATIONS_A_BATCH = 128, SYNC_EVERY = 1 << 20, BATCHES_A_SYNC = 256 };

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
	const struct reclaim_ref *ref = reclaim_ref_in_hand(r);
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
	ref = reclaim_ref_in_hand(r);
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
	if ((!whole && !reclaim_is_victim(r, ref->body)) || reclaim_find_moved(r, ref->body, &m->body))
		return reclaim_copy_prefix(r);
	return reclaim_copy_begin(r);
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

bool reclaim_move(struct reclaimer *r, bool *done_out)
{
	struct reclaim_moving *m = &r->move;
	SERVING(m->at < r->survey.ref_count ? reclaim_ref_in_hand(r)->account : 0);

	*done_out = false;
	if (m->unsynced >= SYNC_EVERY || m->batches >= BATCHES_A_SYNC) {
		m->unsynced = m->batches = 0;
		m->sync.done = synced;
		r->s->busy++;
		log_commit(r->s->log, &m->sync);
		return false;
	}
	switch (m->step) {
	case MOVE_NEXT: return move_next(r, done_out);
	case MOVE_OPEN: return take_opened(r);
	case MOVE_STAGE: return put_stage(r);
	case MOVE_HEAD:
	case MOVE_BODY:
	case MOVE_BODY_PACKED:
	case MOVE_CHUNK:
	case MOVE_CHUNK_PACKED:
	case MOVE_PREFIX: break;
	}
	return reclaim_copy_step(r);
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
