/* Kept messages that go for good: the oldest of an account (OP_PURGE), or all that an account had. */
#include "base/memory.h"
#include "store/kept_inner.h"

struct removing {
	struct account *a;
	struct kept_place last;
	struct kept_list block;    /* one of which all is gone */
	struct kept_window window; /* that of `last`, of which some may stay */
	uint64_t next;             /* change that took away the first that stays; 0 = none does */
	struct log_pos body;       /* whose structure was deleted last: copies lie side by side */
	struct purged_segments segments;
	bool bad;
};

static void remove_item(struct removing *r, const struct kept_item *item)
{
	purged_add(&r->segments, &item->row);
	if (log_pos_cmp(r->body, item->row.body))
		index_delete_structure(r->a, item->row.body);
	r->body = item->row.body;
}

static void remove_block(struct removing *r, struct span key)
{
	kv_batch_delete(&r->a->store->index, key);
	for (size_t i = 0; i < r->block.n; i++) {
		remove_item(r, &r->block.at[i]);
		r->a->kept_count--;
		r->a->kept_size -= r->block.at[i].row.size;
	}
	kept_list_reset(&r->block);
}

static bool look_at_block(void *context, struct span key, struct span value)
{
	struct removing *r = context;
	int order;

	r->bad = key.n != KEPT_KEY_SIZE;
	if (r->bad)
		return false;
	order = kept_place_cmp(kept_window_begin(kept_key_place(key)), kept_window_begin(r->last));
	if (order > 0) {
		r->next = kept_key_place(key).sequence;
		return false;
	}
	if (!order)
		r->bad = !kept_window_take(&r->window, key, value);
	else
		r->bad = !kept_take_block(key, value, &r->block);
	if (!r->bad && order < 0)
		remove_block(r, key);
	return !r->bad;
}

static void remove_from_window(struct removing *r)
{
	struct kept_list *l = &r->window.list;
	size_t n = 0;

	kept_list_sort(l);
	for (; n < l->n && l->at[n].row.id <= r->last.id; n++) {
		remove_item(r, &l->at[n]);
		r->a->kept_count--;
		r->a->kept_size -= l->at[n].row.size;
	}
	r->window.changed = n > 0;
	l->n -= n;
	if (l->n) {
		memmove(l->at, l->at + n, l->n * sizeof(*l->at));
		r->next = r->last.sequence;
	}
	kept_close_window(&r->window);
}

/* Whoever was in a mailbox went no later than the mailbox itself: those that went before everything that stays are wanted by nobody. */
static void forget_mailboxes(struct account *a, uint64_t next)
{
	struct key from = key_begin(a->id, KEY_KEPT_MAILBOX), to = key_past(from);

	if (next)
		to = kept_key(a->id, KEY_KEPT_MAILBOX, (struct kept_place){next, 0});
	kv_batch_delete_range(&a->store->index, key_span(&from), key_span(&to));
}

enum fail kept_purge(struct account *a, struct kept_place last, uint32_t time, struct why *w)
{
	struct kv *kv = a->store->kv;
	struct key from = kept_key(a->id, KEY_KEPT, kept_window_begin(a->kept_gone));
	struct key to = key_past(key_begin(a->id, KEY_KEPT));
	struct removing r = {.a = a, .last = last, .window = {.account = a, .begin = kept_window_begin(last)}};
	enum fail f = kv->ops->scan(kv, key_span(&from), key_span(&to), look_at_block, &r, w);

	if (!f && r.bad)
		f = index_bad_row(w);
	if (!f) {
		remove_from_window(&r);
		forget_mailboxes(a, r.next);
		if (kept_place_cmp(a->kept_gone, last) < 0)
			a->kept_gone = last;
		f = purged_note(a->store, &r.segments, time, w);
	}
	kept_close_window(&r.window);
	kept_list_fini(&r.block);
	purged_fini(&r.segments);
	return f;
}

/* ── All that an account had ── */

struct noting {
	uint64_t account;
	struct purged_segments segments;
};

static bool note_row(void *context, uint64_t account, uint64_t mailbox, const struct row *r)
{
	struct noting *n = context;

	(void)mailbox;
	if (account == n->account)
		purged_add(&n->segments, r);
	return account == n->account;
}

static bool note_kept(void *context, const struct op *op)
{
	purged_add(&((struct noting *)context)->segments, &op->row);
	return true;
}

enum fail kept_note_all(struct account *a, uint32_t time, struct why *w)
{
	struct store *s = a->store;
	struct noting n = {.account = a->id};
	enum fail f = index_scan_rows(s->kv, a->id, note_row, &n, w);

	if (!f)
		f = kept_scan(s->kv, a->id, (struct kept_place){0, 0}, note_kept, &n, w);
	if (!f)
		f = purged_note(s, &n.segments, time, w);
	purged_fini(&n.segments);
	return f;
}
