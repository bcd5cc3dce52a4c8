/* Rows that a batch needs: loaded before it is sent, and kept until it is answered, so that applying it reads no disk. */
#include "base/memory.h"
#include "store/inside.h"

static void hold(struct batch *b, struct mailbox *m)
{
	if (b->held_count == b->held_cap) {
		b->held_cap = b->held_cap ? b->held_cap * 2 : 2;
		b->held = memory_resize_array(b->held, b->held_cap, sizeof(struct mailbox *));
	}
	b->held[b->held_count++] = m;
}

static void loaded(struct store_wait *w, enum fail f)
{
	struct batch *b = CONTAINER_OF(w, struct batch, loading);

	b->is_loading = false;
	if (f) {
		b->result = f;
		b->why = w->why;
	} else {
		hold(b, b->loaded);
	}
	commit_run_waiting(b->account);
}

/* RENAME of INBOX is a move of all that is in it (plan.c). */
static bool needs_rows(const struct op *op, const struct mailbox *m)
{
	return op_needs_rows(op->kind) || (op->kind == OP_RENAME && span_eq(span_of(m->name), SPAN("INBOX")));
}

static enum fail hold_rows_of(struct batch *b, const struct op *op)
{
	struct mailbox *m = account_by_id(b->account, op->mailbox);
	enum fail f;

	if (!m || !needs_rows(op, m) || (b->held_count && b->held[b->held_count - 1] == m))
		return FAIL_NONE;
	store_wait_init(&b->loading, loaded);
	f = mailbox_open(b->account, m->id, &b->loading, &b->loaded);
	b->is_loading = f == FAIL_BUSY;
	if (!f)
		hold(b, b->loaded);
	else if (f != FAIL_BUSY)
		b->why = b->loading.why;
	return f;
}

enum fail batch_hold_rows(struct batch *b)
{
	enum fail f = b->is_loading ? FAIL_BUSY : b->result;

	while (!f && b->held_ops < b->count)
		f = hold_rows_of(b, &b->ops[b->held_ops++].op);
	return f;
}

void batch_release_rows(struct batch *b)
{
	while (b->held_count)
		mailbox_close(b->held[--b->held_count]);
}
