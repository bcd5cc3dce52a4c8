/* Kept messages in the index (kept.h): packed (kept_block.h), one window of a change's message ids beside the other. Which ones there are follows
 * from the log alone; how they are cut into blocks says nothing.
 *
 *   expunge ─► kept_put_rows ─┐                                        snapshot ─► kept_writer_add ─┐
 *                             └─► kept_writer ─(a window)─► blocks ◄────────────────────────────────┘
 *   undelete, relocate ─► kept_open_window (read) ─► changed in memory ─► kept_close_window (its blocks are written anew)
 *   purge: kept_purge.c; mailboxes that are gone: kept_mailbox.c */
#include "store/kept.h"

#include "base/memory.h"
#include "store/kept_inner.h"

void store_keep(struct store *s, bool on)
{
	s->keep = on;
}

/* ── Writing ── */

static void write_list(struct account *a, uint64_t sequence, struct kept_list *l)
{
	char room[BLOCK_VALUE_MAX];
	struct buf value = {room, 0, sizeof(room), sizeof(room), false};

	kept_list_sort(l);
	for (size_t i = 0; i < l->n;) {
		struct key k = kept_key(a->id, KEY_KEPT, (struct kept_place){sequence, l->at[i].row.id});

		buf_reset(&value);
		i += kept_block_encode(l, i, &value);
		kv_batch_put(&a->store->index, key_span(&k), buf_span(&value));
	}
}

void kept_writer_add(struct kept_writer *x, uint64_t sequence, const struct kept_item *item, struct span uidl)
{
	if (x->list.n &&
		(x->sequence != sequence || kept_window_of(x->list.at[0].row.id) != kept_window_of(item->row.id)))
		kept_writer_flush(x);
	x->sequence = sequence;
	kept_list_add(&x->list, item, uidl);
	x->account->kept_count++;
	x->account->kept_size += item->row.size;
}

void kept_writer_flush(struct kept_writer *x)
{
	write_list(x->account, x->sequence, &x->list);
	kept_list_reset(&x->list);
}

void kept_writer_end(struct kept_writer *x)
{
	kept_writer_flush(x);
	kept_list_fini(&x->list);
}

static int id_cmp(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static bool ids_ascend(const struct row *rows, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (rows[i - 1].id > rows[i].id)
			return false;
	return true;
}

void kept_put_rows(struct mailbox *m, const struct row *rows, size_t n, uint64_t sequence, uint32_t time)
{
	struct kept_writer x = {.account = m->account};
	struct row *sorted = NULL;

	if (!ids_ascend(rows, n)) {
		sorted = memory_resize_array(NULL, n, sizeof(*rows));
		memcpy(sorted, rows, n * sizeof(*rows));
		qsort(sorted, n, sizeof(*sorted), id_cmp);
		rows = sorted;
	}
	for (size_t i = 0; i < n; i++) {
		const char *uidl = mailbox_kept_uidl(m, rows[i].uid);

		kept_writer_add(&x, sequence, &(struct kept_item){.row = rows[i], .mailbox = m->id, .time = time},
			span_of(uidl ? uidl : ""));
	}
	kept_writer_end(&x);
	free(sorted);
}

/* ── Reading ── */

bool kept_take_block(struct span key, struct span value, struct kept_list *l)
{
	size_t first = l->n;
	struct kept_place at;

	if (key.n != KEPT_KEY_SIZE || !kept_block_decode(value, l))
		return false;
	at = kept_key_place(key);
	for (size_t i = first; i < l->n; i++)
		if (l->at[i].row.id < at.id || kept_window_of(l->at[i].row.id) != kept_window_of(at.id))
			return false;
	return l->at[first].row.id == at.id;
}

struct scanning {
	struct kept_place after;
	bool (*each)(void *context, const struct op *op);
	void *context;
	struct kept_place window; /* that is being read */
	struct kept_list list;    /* what it has */
	bool bad, stopped;
};

static struct op op_of(const struct kept_list *l, const struct kept_item *i, uint64_t sequence)
{
	return (struct op){.kind = OP_KEPT,
		.mailbox = i->mailbox,
		.modseq = sequence,
		.other = i->row.id,
		.time = i->time,
		.row = i->row,
		.text = kept_list_uidl(l, i)};
}

/* The window has been read. */
static void tell_window(struct scanning *s)
{
	kept_list_sort(&s->list);
	for (size_t i = 0; !s->stopped && i < s->list.n; i++) {
		struct op op = op_of(&s->list, &s->list.at[i], s->window.sequence);

		if (kept_place_cmp((struct kept_place){op.modseq, op.other}, s->after) > 0)
			s->stopped = !s->each(s->context, &op);
	}
	kept_list_reset(&s->list);
}

static bool scan_block(void *context, struct span key, struct span value)
{
	struct scanning *s = context;
	struct kept_place window;

	s->bad = key.n != KEPT_KEY_SIZE;
	if (s->bad)
		return false;
	window = kept_window_begin(kept_key_place(key));
	if (kept_place_cmp(window, s->window))
		tell_window(s);
	s->window = window;
	s->bad = !s->stopped && !kept_take_block(key, value, &s->list);
	return !s->bad && !s->stopped;
}

enum fail kept_scan(struct kv *kv, uint64_t account, struct kept_place after,
	bool (*each)(void *context, const struct op *op), void *context, struct why *w)
{
	struct key from = kept_key(account, KEY_KEPT, kept_window_begin(after));
	struct key to = key_past(key_begin(account, KEY_KEPT));
	struct scanning s = {.after = after, .each = each, .context = context};
	enum fail f = kv->ops->scan_once(kv, key_span(&from), key_span(&to), scan_block, &s, w);

	if (!f && s.bad)
		f = index_bad_row(w);
	if (!f && !s.stopped)
		tell_window(&s);
	kept_list_fini(&s.list);
	return f;
}

enum fail kept_each(struct account *a, struct kept_place after, bool (*each)(void *context, const struct op *op),
	void *context, struct why *w)
{
	if (kept_place_cmp(after, a->kept_gone) < 0)
		after = a->kept_gone;
	return a->kept_count ? kept_scan(a->store->kv, a->id, after, each, context, w) : FAIL_NONE;
}

static void fill(const struct op *op, struct kept_message *out)
{
	*out = (struct kept_message){.place = {op->modseq, op->other}, .expunged = op->time, .mailbox = op->mailbox};
	row_message(&op->row, &out->message);
	out->message.id = op->other;
}

struct paging {
	struct kept_message *out;
	size_t n, most;
};

static bool page_row(void *context, const struct op *op)
{
	struct paging *p = context;

	fill(op, &p->out[p->n++]);
	return p->n < p->most;
}

enum fail account_kept(
	struct account *a, struct kept_place after, size_t most, struct kept_message *out, size_t *n_out, struct why *w)
{
	struct paging p = {out, 0, most};
	enum fail f = most ? kept_each(a, after, page_row, &p, w) : FAIL_NONE;

	if (!f)
		*n_out = p.n;
	return f;
}

enum fail account_kept_at(struct account *a, struct kept_place at, struct kept_message *out, struct why *w)
{
	struct kept_window x = {0};
	const struct kept_item *item;
	struct op op;
	enum fail f = kept_open_window(&x, a, at, w);

	if (f)
		return f;
	item = kept_list_find(&x.list, at.id);
	if (item) {
		op = op_of(&x.list, item, at.sequence);
		fill(&op, out);
	}
	kept_close_window(&x);
	return item ? FAIL_NONE : why(w, FAIL_NOT_FOUND, "There is no such message.");
}

uint64_t account_kept_count(const struct account *a)
{
	return a->kept_count;
}

uint64_t account_kept_size(const struct account *a)
{
	return a->kept_size;
}

/* ── Changing one ── */

struct opening {
	struct kept_window *window;
	bool bad;
};

static bool open_block(void *context, struct span key, struct span value)
{
	struct opening *o = context;

	o->bad = !kept_window_take(o->window, key, value);
	return !o->bad;
}

bool kept_window_take(struct kept_window *x, struct span key, struct span value)
{
	if (!kept_take_block(key, value, &x->list))
		return false;
	if (x->block_count == x->block_cap) {
		x->block_cap = x->block_cap ? x->block_cap * 2 : 16;
		x->blocks = memory_resize_array(x->blocks, x->block_cap, sizeof(*x->blocks));
	}
	x->blocks[x->block_count++] = kept_key_place(key).id;
	return true;
}

enum fail kept_open_window(struct kept_window *x, struct account *a, struct kept_place at, struct why *w)
{
	struct kept_place begin = kept_window_begin(at);
	struct key from, to;
	struct opening o = {x, false};
	enum fail f;

	if (x->account && !kept_place_cmp(x->begin, begin))
		return FAIL_NONE;
	kept_close_window(x);
	from = kept_key(a->id, KEY_KEPT, begin);
	to = key_past(kept_key(a->id, KEY_KEPT, (struct kept_place){begin.sequence, begin.id | (KEPT_WINDOW - 1)}));
	*x = (struct kept_window){.account = a, .begin = begin};
	f = a->store->kv->ops->scan(a->store->kv, key_span(&from), key_span(&to), open_block, &o, w);
	if (!f && o.bad)
		f = index_bad_row(w);
	kept_list_sort(&x->list);
	if (f)
		kept_close_window(x);
	return f;
}

struct kept_item *kept_find(struct kept_window *x, struct kept_place at)
{
	return kept_list_find(&x->list, at.id);
}

void kept_take_out(struct kept_window *x, struct kept_item *item)
{
	x->account->kept_count--;
	x->account->kept_size -= item->row.size;
	kept_list_remove(&x->list, item);
	x->changed = true;
}

void kept_close_window(struct kept_window *x)
{
	for (size_t i = 0; x->changed && i < x->block_count; i++) {
		struct key k = kept_key(x->account->id, KEY_KEPT, (struct kept_place){x->begin.sequence, x->blocks[i]});

		kv_batch_delete(&x->account->store->index, key_span(&k));
	}
	if (x->changed)
		write_list(x->account, x->begin.sequence, &x->list);
	kept_list_fini(&x->list);
	free(x->blocks);
	*x = (struct kept_window){0};
}

/* ── Snapshots ── */

struct telling {
	void (*each)(void *context, struct span ops);
	void *context;
	struct buf op;
};

static bool tell_op(void *context, const struct op *op)
{
	struct telling *t = context;

	buf_reset(&t->op);
	op_encode(op, &t->op);
	t->each(t->context, buf_span(&t->op));
	return true;
}

enum fail kept_encoded(struct account *a, void (*each)(void *context, struct span ops), void *context, struct why *w)
{
	struct telling t = {each, context, {0}};
	enum fail f = kept_mailboxes_encoded(a, each, context, w);

	buf_init(&t.op, SIZE_MAX);
	if (!f)
		f = kept_scan(a->store->kv, a->id, (struct kept_place){0, 0}, tell_op, &t, w);
	buf_fini(&t.op);
	return f;
}
