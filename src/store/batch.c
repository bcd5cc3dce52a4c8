/* Staging: what a batch is to change, gathered before its commit. Nothing here changes anything that readers see; uids, ids and the sequence
 * number come when the batch is sent (commit_send.c). */
#include "store/batch.h"

#include "base/memory.h"
#include "store/inside.h"

struct batch *batch_begin(struct account *a)
{
	struct batch *b = NEW(struct batch);

	b->account = a;
	list_init(&b->link);
	buf_init(&b->texts, BATCH_MAX);
	buf_init(&b->record, BATCH_MAX);
	return b;
}

void batch_destroy(struct batch *b)
{
	list_remove(&b->link);
	for (size_t i = 0; i < b->count; i++)
		body_unref(b->ops[i].body);
	free(b->applying);
	free(b->held);
	free(b->ops);
	free(b->runs);
	free(b->uids);
	buf_fini(&b->texts);
	buf_fini(&b->record);
	free(b);
}

void batch_free(struct batch *b)
{
	if (!b)
		return;
	if (b->op.wait)
		store_wait_cancel(b->op.wait); /* once it is answered, nobody is there and it goes */
	if (!b->pending)
		batch_destroy(b);
}

bool batch_empty(const struct batch *b)
{
	return b->count == 0;
}

void batch_author(struct batch *b, const void *author)
{
	b->author = author;
}

static struct staged *stage(struct batch *b, enum op_kind kind, uint64_t mailbox)
{
	struct staged *s;

	if (b->count == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 4;
		b->ops = memory_resize_array(b->ops, b->cap, sizeof(*b->ops));
	}
	s = &b->ops[b->count++];
	memset(s, 0, sizeof(*s));
	s->op.kind = kind;
	s->op.mailbox = mailbox;
	return s;
}

void batch_stage(struct batch *b, const struct op *op)
{
	stage(b, op->kind, op->mailbox)->op = *op;
}

static enum fail stage_text(struct batch *b, struct staged *s, struct span text, struct why *w)
{
	s->text_at = b->texts.n;
	s->text_n = text.n;
	if (!buf_add(&b->texts, text))
		return FAIL_NONE;
	b->count--; /* `s` is the last */
	return why(w, FAIL_LIMIT, "That is too much for one command.");
}

static void stage_run(struct batch *b, struct staged *s, struct uid_run run)
{
	struct uid_run *last = s->op.run_count ? &b->runs[b->run_count - 1] : NULL;

	if (last && (uint64_t)last->first + last->count == run.first) {
		last->count += run.count;
		return;
	}
	if (b->run_count == b->run_cap) {
		b->run_cap = b->run_cap ? b->run_cap * 2 : 4;
		b->runs = memory_resize_array(b->runs, b->run_cap, sizeof(*b->runs));
	}
	if (!s->op.run_count)
		s->run_at = b->run_count;
	b->runs[b->run_count++] = run;
	s->op.run_count++;
}

enum fail batch_stage_text(struct batch *b, const struct op *op, struct span text, struct why *w)
{
	batch_stage(b, op);
	return stage_text(b, &b->ops[b->count - 1], text, w);
}

void batch_stage_run(struct batch *b, uint32_t first, uint32_t last)
{
	stage_run(b, &b->ops[b->count - 1], (struct uid_run){first, last - first + 1, 0});
}

static enum fail no_mailbox(struct why *w)
{
	return why(w, FAIL_NOT_FOUND, "There is no such mailbox.");
}

static enum fail too_many_keywords(struct why *w)
{
	return why(w, FAIL_LIMIT, "A mailbox can have at most %d keywords of %d characters.", KEYWORDS_MAX,
		KEYWORD_NAME_MAX);
}

static enum fail keyword_bits(struct mailbox *m, const struct span *names, size_t n, uint64_t *out, struct why *w)
{
	for (size_t i = 0; i < n; i++) {
		int bit;

		if (!names[i].n || names[i].n > KEYWORD_NAME_MAX || memchr(names[i].p, 0, names[i].n))
			return too_many_keywords(w);
		bit = mailbox_keyword_take(m, names[i]);
		if (bit < 0)
			return too_many_keywords(w);
		*out |= (uint64_t)1 << bit;
	}
	return FAIL_NONE;
}

/* ── Messages ── */

static enum fail check_new(const struct new_message *m, struct why *w)
{
	if (m->prefix.n > PREFIX_MAX || m->body->size > UINT32_MAX - PREFIX_MAX)
		return why(w, FAIL_TOO_BIG, "The message is too big.");
	if (m->uidl.n > UIDL_MAX)
		return why(w, FAIL_CANNOT, "A UIDL can have at most %d octets.", UIDL_MAX);
	for (size_t i = 0; i < m->uidl.n; i++)
		if (m->uidl.p[i] < 0x21 || m->uidl.p[i] > 0x7e)
			return why(w, FAIL_CANNOT, "A UIDL can hold visible ASCII characters only.");
	return FAIL_NONE;
}

enum fail batch_message(struct batch *b, uint64_t mailbox, const struct new_message *m, struct why *w)
{
	struct mailbox *box = account_by_id(b->account, mailbox);
	uint64_t bits = 0;
	struct staged *s;
	enum fail f;

	if (!box)
		return no_mailbox(w);
	f = check_new(m, w);
	if (!f)
		f = store_may_grow(b->account->store, m->prefix.n, w);
	if (!f)
		f = keyword_bits(box, m->keywords, m->keyword_count, &bits, w);
	if (f)
		return f;
	s = stage(b, OP_MESSAGE, mailbox);
	s->op.row = (struct row){
		.flags = (m->flags & MESSAGE_SYSTEM_FLAGS) | bits,
		.size = (uint32_t)(m->prefix.n + m->body->size),
		.internal_date = m->internal_date,
		.zone = m->internal_zone,
		.body = m->body->pos,
		.prefix = (uint16_t)m->prefix.n,
	};
	s->prefix_at = b->texts.n;
	s->prefix_n = m->prefix.n;
	if (buf_add(&b->texts, m->prefix)) {
		b->count--;
		return why(w, FAIL_LIMIT, "That is too much for one command.");
	}
	f = stage_text(b, s, m->uidl, w);
	if (f)
		return f;
	s->body = (struct body *)(uintptr_t)m->body;
	s->body->refs++;
	return FAIL_NONE;
}

/* The bits in `to` of the keywords that `flags` has in `from`. */
static enum fail carry_keywords(
	const struct mailbox *from, struct mailbox *to, uint64_t flags, uint8_t *bits, struct why *w)
{
	for (int bit = KEYWORD_FIRST_BIT; bit < 64; bit++) {
		struct span name = mailbox_keyword_name(from, bit);
		int there;

		if (!(flags >> bit & 1) || !name.p || bits[bit])
			continue;
		there = mailbox_keyword_take(to, name);
		if (there < 0)
			return too_many_keywords(w);
		bits[bit] = (uint8_t)there;
	}
	return FAIL_NONE;
}

static enum fail stage_carried(struct batch *b, enum op_kind kind, const struct mailbox *from,
	const struct message *msg, uint64_t to, struct why *w)
{
	struct mailbox *target = account_by_id(b->account, to);
	struct staged *s = b->count ? &b->ops[b->count - 1] : NULL;
	enum fail f;

	if (!target)
		return no_mailbox(w);
	if (from->account != b->account)
		return why(w, FAIL_CANNOT, "That mailbox belongs to another account.");
	if (!s || s->op.kind != kind || s->op.mailbox != from->id || s->op.other != to) {
		s = stage(b, kind, from->id);
		s->op.other = to;
	}
	f = carry_keywords(from, target, msg->flags, s->bits, w);
	if (!f)
		stage_run(b, s, (struct uid_run){msg->uid, 1, 0});
	else if (!s->op.run_count)
		b->count--;
	return f;
}

enum fail batch_copy(struct batch *b, const struct mailbox *from, const struct message *msg, uint64_t to, struct why *w)
{
	enum fail f = store_may_grow(b->account->store, 0, w);

	return f ? f : stage_carried(b, OP_COPY, from, msg, to, w);
}

enum fail batch_move(struct batch *b, struct mailbox *from, const struct message *msg, uint64_t to, struct why *w)
{
	return stage_carried(b, OP_MOVE, from, msg, to, w);
}

/* ── Flags, expunge, recent ── */

static bool run_of(uint32_t first, uint32_t last, struct uid_run *out)
{
	if (!first)
		first = 1;
	if (first > last)
		return false;
	*out = (struct uid_run){first, last - first + 1, 0};
	return true;
}

enum fail batch_flags(struct batch *b, struct mailbox *m, uint32_t uid_first, uint32_t uid_last, enum flag_change how,
	const struct flag_set *flags, struct why *w)
{
	uint64_t bits = flags->system & MESSAGE_SYSTEM_FLAGS, set, clear;
	struct staged *s = b->count ? &b->ops[b->count - 1] : NULL;
	struct uid_run run;
	enum fail f = FAIL_NONE;

	if (m->gone)
		return no_mailbox(w);
	if (how == FLAGS_REMOVE) { /* a name that nobody has used needs no bit to be taken away */
		for (size_t i = 0; i < flags->keyword_count; i++) {
			int bit = mailbox_keyword_known(m, flags->keywords[i]);

			bits |= bit < 0 ? 0 : (uint64_t)1 << bit;
		}
	} else {
		f = keyword_bits(m, flags->keywords, flags->keyword_count, &bits, w);
	}
	if (f || !run_of(uid_first, uid_last, &run))
		return f;
	set = how == FLAGS_REMOVE ? 0 : bits;
	clear = how == FLAGS_ADD ? 0 : how == FLAGS_REMOVE ? bits : UINT64_MAX;
	if (!s || s->op.kind != OP_FLAGS || s->op.mailbox != m->id || s->op.set != set || s->op.clear != clear) {
		s = stage(b, OP_FLAGS, m->id);
		s->op.set = set;
		s->op.clear = clear;
	}
	stage_run(b, s, run);
	return FAIL_NONE;
}

enum fail batch_expunge(struct batch *b, struct mailbox *m, uint32_t uid_first, uint32_t uid_last, struct why *w)
{
	struct staged *s = b->count ? &b->ops[b->count - 1] : NULL;
	enum op_kind kind = b->account->store->keep ? OP_EXPUNGE_KEEP : OP_EXPUNGE;
	struct uid_run run;

	if (m->gone)
		return no_mailbox(w);
	if (!run_of(uid_first, uid_last, &run))
		return FAIL_NONE;
	if (!s || s->op.kind != kind || s->op.mailbox != m->id)
		s = stage(b, kind, m->id);
	stage_run(b, s, run);
	return FAIL_NONE;
}

enum fail batch_recent(struct batch *b, uint64_t mailbox, uint32_t uid, struct why *w)
{
	struct mailbox *m = account_by_id(b->account, mailbox);

	if (!m)
		return no_mailbox(w);
	if (uid > m->recent_from)
		stage(b, OP_RECENT, mailbox)->op.uid = uid;
	return FAIL_NONE;
}

/* ── The tree: looked at when its turn comes (plan.c) ── */

enum fail batch_mailbox_create(struct batch *b, struct span name, enum special_use use, struct why *w)
{
	struct staged *s = stage(b, OP_CREATE, 0);

	s->op.use = (uint8_t)use;
	b->tree = true;
	return stage_text(b, s, name, w);
}

enum fail batch_mailbox_delete(struct batch *b, uint64_t mailbox, struct why *w)
{
	struct mailbox *m = account_by_id(b->account, mailbox);

	if (!m)
		return no_mailbox(w);
	if (span_eq(span_of(m->name), SPAN("INBOX")))
		return why(w, FAIL_CANNOT, "INBOX cannot be deleted.");
	stage(b, b->account->store->keep ? OP_DELETE_KEEP : OP_DELETE, mailbox);
	b->tree = true;
	return FAIL_NONE;
}

enum fail batch_mailbox_rename(struct batch *b, uint64_t mailbox, struct span new_name, struct why *w)
{
	if (!account_by_id(b->account, mailbox))
		return no_mailbox(w);
	b->tree = true;
	return stage_text(b, stage(b, OP_RENAME, mailbox), new_name, w);
}

enum fail batch_mailbox_renew(struct batch *b, uint64_t mailbox, struct why *w)
{
	if (!account_by_id(b->account, mailbox))
		return no_mailbox(w);
	b->tree = true;
	stage(b, OP_UIDVALIDITY, mailbox);
	return FAIL_NONE;
}

enum fail batch_subscribe(struct batch *b, struct span name, bool subscribed, struct why *w)
{
	struct staged *s;

	if (!name.n || name.n > MAILBOX_NAME_MAX)
		return why(w, FAIL_CANNOT, "That is no mailbox name.");
	if (subscribed && b->account->subscription_count >= SUBSCRIPTIONS_MAX)
		return why(w, FAIL_LIMIT, "An account can have at most %d subscriptions.", SUBSCRIPTIONS_MAX);
	s = stage(b, OP_SUBSCRIBE, 0);
	s->op.on = subscribed;
	return stage_text(b, s, name, w);
}

size_t batch_uids(const struct batch *b, const uint32_t **out)
{
	*out = b->uids;
	return b->uid_count;
}

uint64_t batch_modseq(const struct batch *b)
{
	return b->sequence;
}
