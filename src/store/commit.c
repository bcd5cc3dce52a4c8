/* Commits: the way of a batch from the hands of its maker to the log and back.
 *
 *   batch_commit ─► account->waiting ──commit_run_waiting──► store->ready ──commit_seal (end of the turn)──► numbers, record, log_append
 *       ─► group ──log_commit──► (sync) ──group_done──► store->due ──apply_due──► batch_apply ⟲, index_write ─► done()
 *
 * Order: an account's batches are sent, applied and answered in the order of their commits. A batch that changes the tree is alone in
 * flight, so that what it was checked against is still true when it is applied. What is appended for a batch is committed in the same
 * turn: so the place that the log has reached covers no batch that is not applied (index_write). A batch that changes very much is applied
 * a slice a turn, so that other accounts do not wait; its account's other batches do. */
#include "base/clock.h"
#include "base/in_service.h"
#include "base/memory.h"
#include "store/inside.h"

/* ── Sending ── */

static enum fail changed(struct why *w)
{
	return why(w, FAIL_CONFLICT, "The mailbox is no longer there.");
}

struct sending {
	struct batch *b;
	struct plan plan;
	struct { /* keyword definitions that are in this record */
		uint64_t mailbox, bits;
	} defined[8];
	size_t defined_count;
};

/* A keyword that is not durable yet is defined again by every batch that uses it: whichever comes first makes it so. */
static void define_keywords(struct sending *s, struct mailbox *m, uint64_t bits)
{
	uint64_t missing = bits & ~m->keywords_applied & ~(uint64_t)0xff, *seen = NULL;

	if (!missing)
		return;
	for (size_t i = 0; i < s->defined_count; i++)
		if (s->defined[i].mailbox == m->id)
			seen = &s->defined[i].bits;
	if (!seen && s->defined_count < ARRAY_LEN(s->defined)) {
		s->defined[s->defined_count].mailbox = m->id;
		s->defined[s->defined_count].bits = 0;
		seen = &s->defined[s->defined_count++].bits;
	}
	if (seen)
		missing &= ~*seen;
	for (int bit = KEYWORD_FIRST_BIT; bit < 64; bit++) {
		struct op op = {.kind = OP_KEYWORD, .mailbox = m->id, .bit = (uint8_t)bit};

		if (!(missing >> bit & 1))
			continue;
		op.text = span_of(m->keywords[bit - KEYWORD_FIRST_BIT]);
		op_encode(&op, &s->b->record);
	}
	if (seen)
		*seen |= missing;
}

static void note_uid(struct batch *b, uint32_t uid)
{
	b->uids[b->uid_count++] = uid;
}

static bool take_uids(struct mailbox *m, uint64_t n, uint32_t *first_out)
{
	if (n > UINT32_MAX - m->uid_projected)
		return false;
	*first_out = m->uid_projected;
	m->uid_projected += (uint32_t)n;
	return true;
}

static enum fail no_uids(struct why *w)
{
	return why(w, FAIL_LIMIT, "The mailbox has used up its UIDs.");
}

static enum fail send_message(struct sending *s, struct staged *st)
{
	struct batch *b = s->b;
	struct account *a = b->account;
	struct mailbox *m = account_by_id(a, st->op.mailbox);
	struct row *r = &st->op.row;

	if (!m)
		return changed(&b->why);
	if (!take_uids(m, 1, &r->uid))
		return no_uids(&b->why);
	r->id = a->next_message++;
	r->save_date = (uint32_t)clock_wall_seconds();
	define_keywords(s, m, r->flags);
	if (st->prefix_n) {
		struct span prefix = span(b->texts.p + st->prefix_at, st->prefix_n);
		enum fail f = log_append(a->store->log, RECORD_PREFIX, &prefix, 1, &r->prefix_pos, &b->why);

		if (f)
			return f;
	}
	note_uid(b, r->uid);
	op_encode(&st->op, &b->record);
	return FAIL_NONE;
}

/* What the messages of a move or a copy may carry when its turn comes: what they carry now, and, where a change that is not applied yet may
 * give them another keyword, any that the mailbox has. */
static uint64_t moved_flags(const struct sending *s, const struct staged *st, const struct mailbox *from)
{
	const struct batch *b = s->b;
	bool settled = from->state == ROWS_LOADED && b->account->in_flight == 1;
	uint64_t flags = 0;

	for (const struct staged *before = b->ops; before < st; before++)
		settled &= before->op.kind != OP_FLAGS;
	if (!settled)
		return UINT64_MAX;
	for (size_t k = 0; k < st->op.run_count; k++) {
		const struct uid_run *run = &b->runs[st->run_at + k];
		size_t i = rows_lower_bound(&from->rows, run->first);

		for (; i < from->rows.n && from->rows.p[i].uid - run->first < run->count; i++)
			flags |= from->rows.p[i].flags;
	}
	return flags;
}

/* The map as it was staged may be older than that. */
static void widen_map(struct sending *s, struct staged *st, const struct mailbox *from, struct mailbox *to)
{
	uint64_t flags = moved_flags(s, st, from);

	for (int bit = KEYWORD_FIRST_BIT; from->keywords && bit < 64; bit++) {
		const char *name = from->keywords[bit - KEYWORD_FIRST_BIT];
		int there;

		if (!name || st->bits[bit] || !(flags >> bit & 1))
			continue;
		there = mailbox_keyword_take(to, span_of(name));
		if (there >= 0)
			st->bits[bit] = (uint8_t)there;
	}
}

static enum fail send_carried(struct sending *s, struct staged *st)
{
	struct batch *b = s->b;
	struct mailbox *from = account_by_id(b->account, st->op.mailbox), *to = account_by_id(b->account, st->op.other);
	struct uid_run *runs = b->runs + st->run_at;
	uint64_t bits = 0, n = 0;
	struct buf map;
	char pairs[128];

	if (!from || !to)
		return changed(&b->why);
	for (size_t i = 0; i < st->op.run_count; i++) {
		if (!take_uids(to, runs[i].count, &runs[i].to))
			return no_uids(&b->why);
		for (uint32_t k = 0; k < runs[i].count; k++)
			note_uid(b, runs[i].to + k);
		n += runs[i].count;
	}
	if (st->op.kind == OP_COPY) {
		st->op.row.id = b->account->next_message;
		b->account->next_message += n;
	}
	widen_map(s, st, from, to);
	map = (struct buf){pairs, 0, sizeof(pairs), sizeof(pairs), false};
	for (int bit = KEYWORD_FIRST_BIT; bit < 64; bit++) {
		if (!st->bits[bit])
			continue;
		bits |= (uint64_t)1 << st->bits[bit];
		buf_add_u8(&map, (uint8_t)bit);
		buf_add_u8(&map, st->bits[bit]);
	}
	define_keywords(s, to, bits);
	st->op.map = buf_span(&map);
	op_encode(&st->op, &b->record);
	return FAIL_NONE;
}

static enum fail send_ranges(struct sending *s, struct staged *st)
{
	struct mailbox *m = account_by_id(s->b->account, st->op.mailbox);

	if (!m)
		return changed(&s->b->why);
	st->op.run_count = runs_normal(s->b->runs + st->run_at, st->op.run_count);
	if (st->op.kind == OP_FLAGS)
		define_keywords(s, m, st->op.set);
	op_encode(&st->op, &s->b->record);
	return FAIL_NONE;
}

static enum fail send_undelete(struct sending *s, struct staged *st)
{
	struct mailbox *m = account_by_id(s->b->account, st->op.mailbox);

	if (!m)
		return changed(&s->b->why);
	if (!take_uids(m, 1, &st->op.uid))
		return no_uids(&s->b->why);
	define_keywords(s, m, st->op.set);
	note_uid(s->b, st->op.uid);
	op_encode(&st->op, &s->b->record);
	return FAIL_NONE;
}

static enum fail send_op(struct sending *s, struct staged *st)
{
	struct batch *b = s->b;

	st->op.text = span_first(span_skip(buf_span(&b->texts), st->text_at), st->text_n);
	st->op.runs = st->op.run_count ? &b->runs[st->run_at] : NULL;
	switch (st->op.kind) {
	case OP_MESSAGE: return send_message(s, st);
	case OP_COPY:
	case OP_MOVE: return send_carried(s, st);
	case OP_FLAGS:
	case OP_EXPUNGE:
	case OP_EXPUNGE_KEEP: return send_ranges(s, st);
	case OP_UNDELETE: return send_undelete(s, st);
	case OP_CREATE:
	case OP_DELETE:
	case OP_DELETE_KEEP:
	case OP_RENAME:
	case OP_UIDVALIDITY: return plan_op(&s->plan, &st->op, &b->record, &b->why);
	case OP_RECENT:
		if (!account_by_id(b->account, st->op.mailbox))
			return FAIL_NONE;
		break;
	default: break;
	}
	op_encode(&st->op, &b->record);
	return FAIL_NONE;
}

static size_t count_uids(const struct batch *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++) {
		const struct staged *st = &b->ops[i];

		n += st->op.kind == OP_MESSAGE || st->op.kind == OP_UNDELETE;
		for (size_t k = 0; op_carries(st->op.kind) && k < st->op.run_count; k++)
			n += b->runs[st->run_at + k].count;
	}
	return n;
}

static enum fail send_ops(struct sending *s)
{
	struct batch *b = s->b;
	struct account *a = b->account;
	struct batch_head head = {a->id, a->sequence_projected + 1, (uint32_t)clock_wall_seconds()};
	struct op birth = {.kind = OP_ACCOUNT, .other = a->next_message};
	enum fail f = FAIL_NONE;

	batch_head_encode(&head, &b->record);
	if (head.sequence == 1)
		op_encode(&birth, &b->record);
	for (size_t i = 0; !f && i < b->count; i++)
		f = send_op(s, &b->ops[i]);
	if (!f && b->record.over)
		f = why(&b->why, FAIL_LIMIT, "That is too much for one command.");
	if (!f) {
		struct span record = buf_span(&b->record);

		f = log_append(a->store->log, RECORD_BATCH, &record, 1, &b->pos, &b->why);
	}
	return f;
}

/* Gives the batch its numbers and appends its record. A failure before the append has changed nothing but numbers that are then
 * never used. */
static enum fail batch_send(struct batch *b)
{
	struct sending s = {.b = b};
	struct account *a = b->account;
	enum fail f;
	SERVING(a->id);

	if (a->gone)
		return why(&b->why, FAIL_NOT_FOUND, "There is no such account.");
	b->uids = memory_resize_array(NULL, count_uids(b) + 1, sizeof(*b->uids));
	if (b->tree)
		plan_init(&s.plan, a);
	f = send_ops(&s);
	if (!f) {
		b->sequence = ++a->sequence_projected;
		a->store->redo_bytes += b->record.n;
		if (b->tree) {
			a->next_mailbox = s.plan.next_mailbox;
			a->last_uidvalidity = s.plan.last_uidvalidity;
		}
	}
	if (b->tree)
		plan_fini(&s.plan);
	return f;
}

/* ── Turns ── */

/* Whoever wants quiet goes before those who wait, so that it comes. */
static void grant_quiet(struct account *a)
{
	if (a->quiet != QUIET_WANTED || a->in_flight)
		return;
	a->quiet = QUIET_GRANTED;
	a->in_flight = 1;
	a->exclusive = true;
	loop_defer(a->store->loop, &a->store->snapshot_turn);
}

bool commit_quiet(struct account *a)
{
	if (a->quiet == QUIET_NOT)
		a->quiet = QUIET_WANTED;
	grant_quiet(a);
	return a->quiet == QUIET_GRANTED;
}

void commit_quiet_end(struct account *a)
{
	if (a->quiet == QUIET_GRANTED) {
		a->in_flight = 0;
		a->exclusive = false;
	}
	a->quiet = QUIET_NOT;
	commit_run_waiting(a);
}

void commit_run_waiting(struct account *a)
{
	grant_quiet(a);
	while (!list_empty(&a->waiting) && !a->exclusive && a->quiet != QUIET_WANTED) {
		struct batch *b = CONTAINER_OF(a->waiting.next, struct batch, link);
		enum fail f;

		if (b->tree && a->in_flight)
			return;
		f = batch_hold_rows(b);
		if (f == FAIL_BUSY)
			return;
		b->result = f;
		list_remove(&b->link);
		list_append(&a->store->ready, &b->link);
		a->in_flight++;
		a->exclusive = b->tree;
		loop_defer(a->store->loop, &a->store->seal);
	}
}

enum fail batch_commit(struct batch *b, struct store_wait *w)
{
	struct account *a = b->account;
	enum fail f = FAIL_NONE;

	if (a->store->broken)
		f = why(w ? &w->why : NULL, FAIL_UNKNOWN, "The server has a problem with its disk.");
	if (f || batch_empty(b)) {
		if (!w)
			batch_destroy(b);
		return f;
	}
	store_op_begin(&b->op, w);
	b->pending = true;
	list_append(&a->waiting, &b->link);
	commit_run_waiting(a);
	return FAIL_BUSY;
}

/* ── Groups ── */

static void group_done(struct log_commit *c, enum log_result result);

void commit_seal(struct deferred *d)
{
	struct store *s = CONTAINER_OF(d, struct store, seal);
	struct group *g;

	if (list_empty(&s->ready))
		return;
	g = NEW(struct group);
	g->store = s;
	g->commit.done = group_done;
	list_init(&g->batches);
	list_init(&g->link);
	while (!list_empty(&s->ready)) {
		struct batch *b = CONTAINER_OF(s->ready.next, struct batch, link);

		list_remove(&b->link);
		list_append(&g->batches, &b->link);
		if (!b->result)
			b->result = s->broken ? FAIL_UNKNOWN : batch_send(b);
		if (!b->result && !g->first.segment)
			g->first = b->pos;
		if (log_broken(s->log))
			store_break(s, &b->why);
	}
	list_append(&s->groups, &g->link);
	log_commit(s->log, &g->commit);
}

bool commit_applied(const struct store *s, struct log_pos end)
{
	LIST_EACH(it, &s->groups)
	{
		struct group *g = CONTAINER_OF(it, struct group, link);

		if (g->first.segment && log_pos_cmp(g->first, end) < 0)
			return false;
	}
	return true;
}

void commit_reached(struct store *s, struct log_pos end)
{
	if (log_pos_cmp(end, s->reached) > 0 && !snapshot_holds(s, end) && commit_applied(s, end))
		s->reached = end;
}

/* Moves and copies of messages that were gone have no uid. */
static void drop_unused_uids(struct batch *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->uid_count; i++)
		if (b->uids[i])
			b->uids[kept++] = b->uids[i];
	b->uid_count = kept;
}

static enum fail unknown(struct batch *b)
{
	return why(&b->why, FAIL_UNKNOWN, "The server has a problem with its disk.");
}

/* A slice of the batch, or all of it. True once it is over. */
static bool apply_some(struct store *s, struct batch *b)
{
	enum fail f;

	if (b->result)
		return true;
	f = s->broken ? unknown(b) : batch_apply(s, b->pos, buf_span(&b->record), b, &b->why);
	if (f == FAIL_BUSY)
		return false;
	b->result = f ? FAIL_UNKNOWN : FAIL_NONE;
	drop_unused_uids(b);
	if (b->result)
		store_break(s, &b->why);
	return true;
}

/* Its group is over with its last batch. */
static void leave_group(struct store *s, struct batch *b)
{
	struct group *g = b->group;

	if (--g->left)
		return;
	list_remove(&g->link);
	commit_reached(s, g->commit.end);
	free(g);
}

static void batch_answer(struct batch *b)
{
	struct account *a = b->account;
	bool alone = !b->op.wait;
	SERVING(a->id);

	b->pending = false;
	batch_release_rows(b);
	if (alone)
		batch_destroy(b);
	else
		store_op_end(&b->op, b->result, &b->why); /* its owner may free it in there */
	a->in_flight--;
	a->exclusive = false;
	commit_run_waiting(a);
	account_settle(a);
}

/* What is durable becomes true, a slice of each account's oldest batch a turn; those behind it wait for it. */
static void apply_due(struct store *s)
{
	struct list over, *next;
	struct why w = {0};

	list_init(&over);
	for (struct list *it = s->due.next; it != &s->due; it = next) {
		struct batch *b = CONTAINER_OF(it, struct batch, link);
		struct account *a = b->account;

		next = it->next;
		if (a->applying && a->applying != b)
			continue;
		a->applying = apply_some(s, b) ? NULL : b;
		if (a->applying)
			continue;
		list_remove(&b->link);
		list_append(&over, &b->link);
		leave_group(s, b);
	}
	/* It is durable all the same: answered as such, and redone when the store is opened again. */
	if (!s->broken && index_write(s, &w))
		store_break(s, &w);
	if (!s->broken)
		index_flush_if_due(s);
	while (!list_empty(&over)) {
		struct batch *b = CONTAINER_OF(over.next, struct batch, link);

		list_remove(&b->link);
		batch_answer(b);
	}
	feed_wake_all(s);
	if (!list_empty(&s->due))
		loop_defer(s->loop, &s->apply);
}

void commit_apply(struct deferred *d)
{
	apply_due(CONTAINER_OF(d, struct store, apply));
}

static void group_done(struct log_commit *c, enum log_result result)
{
	struct group *g = CONTAINER_OF(c, struct group, commit);
	struct store *s = g->store;
	struct why w = {0};

	if (result != LOG_DONE)
		store_break(s, &w);
	while (!list_empty(&g->batches)) {
		struct batch *b = CONTAINER_OF(g->batches.next, struct batch, link);

		if (!b->result && s->broken)
			b->result = unknown(b);
		b->group = g;
		g->left++;
		list_remove(&b->link);
		list_append(&s->due, &b->link);
	}
	apply_due(s);
}
