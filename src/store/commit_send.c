/* A batch is sent (commit.c says when): its messages get their UIDs, ids and keyword bits, a tree change is checked against the tree as it will
 * be, and what comes of it is one record of the log. It never changes what readers see: that is apply's, once the record is durable. */
#include "base/clock.h"
#include "base/in_service.h"
#include "base/memory.h"
#include "store/inside.h"

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

enum fail commit_send(struct batch *b)
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
