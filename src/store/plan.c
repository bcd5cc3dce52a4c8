/* Tree ops at their turn: what CREATE, DELETE and RENAME come to, given the mailboxes that there are then (RFC 3501 §6.3.3-6.3.5). A plan is a
 * copy of the names that each op changes, so one batch may hold several. Nothing is applied here. */
#include "base/clock.h"
#include "base/memory.h"
#include "store/inside.h"

enum { PLAN_NAMES_MAX = 128 << 20 };

static void plan_add(struct plan *p, struct span name, uint64_t id)
{
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 16;
		p->at = memory_resize_array(p->at, p->cap, sizeof(*p->at));
	}
	p->at[p->n++] = (struct plan_entry){name, id};
}

void plan_init(struct plan *p, struct account *a)
{
	*p = (struct plan){.account = a, .next_mailbox = a->next_mailbox, .last_uidvalidity = a->last_uidvalidity};
	arena_init(&p->names, PLAN_NAMES_MAX);
	for (size_t i = 0; i < a->mailbox_count; i++)
		plan_add(p, span_of(a->by_name[i]->name), a->by_name[i]->id);
}

void plan_fini(struct plan *p)
{
	free(p->at);
	arena_fini(&p->names);
}

static struct plan_entry *plan_find(struct plan *p, struct span name)
{
	for (size_t i = 0; i < p->n; i++)
		if (span_eq(p->at[i].name, name))
			return &p->at[i];
	return NULL;
}

static struct plan_entry *plan_by_id(struct plan *p, uint64_t id)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->at[i].id == id)
			return &p->at[i];
	return NULL;
}

/* RFC 3501 §2.3.1.1: a mailbox that takes an old name must have a higher value. The clock makes that hold across a restored backup, too. */
static uint32_t next_uidvalidity(struct plan *p)
{
	int64_t now = clock_wall_seconds();
	uint32_t next = p->last_uidvalidity + 1;

	if (now > next && now <= UINT32_MAX)
		next = (uint32_t)now;
	p->last_uidvalidity = next;
	return next;
}

static enum fail used_up(struct why *w)
{
	return why(w, FAIL_LIMIT, "The account has used up its UIDVALIDITY values.");
}

static enum fail make_one(struct plan *p, struct span name, uint8_t use, struct buf *out, struct why *w)
{
	struct op op = {.kind = OP_CREATE, .mailbox = p->next_mailbox, .text = name, .use = use};

	if (p->n >= MAILBOXES_MAX)
		return why(w, FAIL_LIMIT, "An account can have at most %d mailboxes.", MAILBOXES_MAX);
	if (p->last_uidvalidity == UINT32_MAX)
		return used_up(w);
	op.uidvalidity = next_uidvalidity(p);
	plan_add(p, name, p->next_mailbox++);
	op_encode(&op, out);
	return FAIL_NONE;
}

static enum fail make_parents(struct plan *p, struct span name, struct buf *out, struct why *w)
{
	enum fail f = FAIL_NONE;

	for (size_t i = 1; !f && i < name.n; i++)
		if (name.p[i] == '/' && !plan_find(p, span_first(name, i)))
			f = make_one(p, span_first(name, i), USE_NONE, out, w);
	return f;
}

static enum fail exists(struct why *w)
{
	return why(w, FAIL_EXISTS, "A mailbox of that name exists already.");
}

static enum fail check_name(struct span name, struct why *w)
{
	char again[MAILBOX_NAME_MAX * 2];
	struct buf normal = {again, 0, sizeof(again), sizeof(again), false};

	return mailbox_name_normal(name, &normal, w);
}

static enum fail plan_create(struct plan *p, const struct op *op, struct buf *out, struct why *w)
{
	enum fail f = check_name(op->text, w);

	if (f)
		return f;
	if (plan_find(p, op->text))
		return exists(w);
	f = make_parents(p, op->text, out, w);
	return f ? f : make_one(p, op->text, op->use, out, w);
}

static enum fail plan_renew(struct plan *p, const struct op *op, struct buf *out, struct why *w)
{
	struct op renew = {.kind = OP_UIDVALIDITY, .mailbox = op->mailbox};

	if (p->last_uidvalidity == UINT32_MAX)
		return used_up(w);
	renew.uidvalidity = next_uidvalidity(p);
	op_encode(&renew, out);
	return FAIL_NONE;
}

static enum fail plan_delete(struct plan *p, const struct op *op, struct buf *out, struct why *w)
{
	struct plan_entry *e = plan_by_id(p, op->mailbox);

	if (!e)
		return why(w, FAIL_CONFLICT, "The mailbox is no longer there.");
	*e = p->at[--p->n];
	op_encode(op, out);
	return FAIL_NONE;
}

/* ── RENAME INBOX ── */

static size_t runs_of_rows(const struct rows *rows, struct uid_run *runs)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->n; i++) {
		struct uid_run *last = n ? &runs[n - 1] : NULL;

		if (last && last->first + last->count == rows->p[i].uid)
			last->count++;
		else
			runs[n++] = (struct uid_run){rows->p[i].uid, 1, (uint32_t)i + 1};
	}
	return n;
}

static void carry_all_keywords(const struct mailbox *inbox, uint64_t to, struct buf *map, struct buf *out)
{
	for (int bit = KEYWORD_FIRST_BIT; bit < 64; bit++) {
		struct op op = {.kind = OP_KEYWORD,
			.mailbox = to,
			.bit = (uint8_t)bit,
			.text = mailbox_keyword_name(inbox, bit)};

		if (!op.text.p)
			continue;
		op_encode(&op, out);
		buf_add_u8(map, (uint8_t)bit);
		buf_add_u8(map, (uint8_t)bit);
	}
}

static enum fail rename_inbox(struct plan *p, struct mailbox *inbox, struct span name, struct buf *out, struct why *w)
{
	struct op op = {.kind = OP_MOVE, .mailbox = inbox->id};
	struct uid_run *runs;
	struct buf map;
	enum fail f = make_parents(p, name, out, w);

	if (!f)
		f = mailbox_load_now(inbox, w);
	if (f)
		return f;
	op.other = p->next_mailbox;
	f = make_one(p, name, USE_NONE, out, w);
	if (f || !inbox->rows.n)
		return f;
	runs = memory_resize_array(NULL, inbox->rows.n, sizeof(*runs));
	buf_init(&map, 256);
	carry_all_keywords(inbox, op.other, &map, out);
	op.map = buf_span(&map);
	op.runs = runs;
	op.run_count = runs_of_rows(&inbox->rows, runs);
	op_encode(&op, out);
	buf_fini(&map);
	free(runs);
	return FAIL_NONE;
}

/* ── RENAME ── */

static enum fail rename_one(struct plan *p, struct plan_entry *e, struct span name, struct buf *out, struct why *w)
{
	struct op op = {.kind = OP_RENAME, .mailbox = e->id};
	struct plan_entry *taken = plan_find(p, name);

	if (taken && taken != e)
		return exists(w);
	op.text = arena_dup(&p->names, name);
	if (!op.text.p)
		return why(w, FAIL_LIMIT, "That is too much for one command.");
	e->name = op.text;
	op_encode(&op, out);
	return FAIL_NONE;
}

static bool is_child(struct span name, struct span parent)
{
	return name.n > parent.n && span_starts(name, parent) && name.p[parent.n] == '/';
}

static enum fail rename_children(struct plan *p, struct span old, struct span name, struct buf *out, struct why *w)
{
	char moved[MAILBOX_NAME_MAX * 2];
	enum fail f = FAIL_NONE;

	for (size_t i = 0; !f && i < p->n; i++) {
		struct buf b = {moved, 0, sizeof(moved), sizeof(moved), false};

		if (!is_child(p->at[i].name, old))
			continue;
		buf_add(&b, name);
		buf_add(&b, span_skip(p->at[i].name, old.n));
		f = check_name(buf_span(&b), w);
		if (!f)
			f = rename_one(p, &p->at[i], buf_span(&b), out, w);
	}
	return f;
}

static enum fail plan_rename(struct plan *p, const struct op *op, struct buf *out, struct why *w)
{
	struct plan_entry *e = plan_by_id(p, op->mailbox);
	struct span old;
	enum fail f = check_name(op->text, w);

	if (f)
		return f;
	if (!e)
		return why(w, FAIL_CONFLICT, "The mailbox is no longer there.");
	old = e->name;
	if (is_child(op->text, old) && !span_eq(old, SPAN("INBOX")))
		return why(w, FAIL_CANNOT, "A mailbox cannot be moved below itself.");
	if (plan_find(p, op->text))
		return exists(w);
	if (span_eq(old, SPAN("INBOX")))
		return rename_inbox(p, account_by_id(p->account, e->id), op->text, out, w);
	f = make_parents(p, op->text, out, w);
	if (!f)
		f = rename_one(p, plan_by_id(p, op->mailbox), op->text, out, w);
	return f ? f : rename_children(p, old, op->text, out, w);
}

enum fail plan_op(struct plan *p, const struct op *op, struct buf *out, struct why *w)
{
	switch (op->kind) {
	case OP_CREATE: return plan_create(p, op, out, w);
	case OP_DELETE:
	case OP_DELETE_KEEP: return plan_delete(p, op, out, w);
	case OP_UIDVALIDITY: return plan_renew(p, op, out, w);
	default: return plan_rename(p, op, out, w);
	}
}
