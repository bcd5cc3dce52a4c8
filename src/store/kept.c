/* Kept messages in the index (kept.h): a row each, and a row for each mailbox that is gone. A row's value is the op that a snapshot has for it, so
 * there is one form to write and to read. Which rows there are follows from the log alone. */
#include "store/kept.h"

#include "base/memory.h"
#include "store/index_key.h"

enum { VALUE_MAX = 32 << 10 /* a mailbox with all its keywords */ };

void store_keep(struct store *s, bool on)
{
	s->keep = on;
}

static struct key place_key(uint64_t account, enum key_kind kind, struct kept_place at)
{
	struct key k = key_begin(account, kind);

	key_add(&k, at.sequence, 8);
	key_add(&k, at.id, 8);
	return k;
}

static struct key kept_key(const struct account *a, enum key_kind kind, struct kept_place at)
{
	return place_key(a->id, kind, at);
}

static struct kept_place place_of(const struct op *op)
{
	return (struct kept_place){op->modseq, op->other};
}

static void put(struct account *a, struct key k, const struct op *op)
{
	struct buf value;

	buf_init(&value, VALUE_MAX);
	op_encode(op, &value);
	kv_batch_put(&a->store->index, key_span(&k), buf_span(&value));
	buf_fini(&value);
}

/* ── What apply.c and snapshot.c change ── */

void kept_put(struct account *a, const struct op *op)
{
	put(a, kept_key(a, KEY_KEPT, place_of(op)), op);
	a->kept_count++;
	a->kept_size += op->row.size;
}

void kept_remove(struct account *a, const struct op *op)
{
	struct key k = kept_key(a, KEY_KEPT, place_of(op));

	kv_batch_delete(&a->store->index, key_span(&k));
	a->kept_count--;
	a->kept_size -= op->row.size;
}

void kept_move(struct account *a, const struct op *op)
{
	put(a, kept_key(a, KEY_KEPT, place_of(op)), op);
}

static void encode_mailbox(const struct mailbox *m, uint64_t sequence, struct buf *out)
{
	op_encode(&(struct op){.kind = OP_CREATE,
			  .mailbox = m->id,
			  .uidvalidity = m->uidvalidity,
			  .use = (uint8_t)m->use,
			  .text = span_of(m->name)},
		out);
	for (int bit = KEYWORD_FIRST_BIT; bit < 64; bit++) {
		struct op op = {.kind = OP_KEYWORD,
			.mailbox = m->id,
			.bit = (uint8_t)bit,
			.text = mailbox_keyword_name(m, bit)};

		if (op.text.p)
			op_encode(&op, out);
	}
	op_encode(&(struct op){.kind = OP_DELETE_KEEP, .mailbox = m->id, .modseq = sequence}, out);
}

void kept_put_mailbox(const struct mailbox *m, uint64_t sequence)
{
	struct account *a = m->account;
	struct key k = kept_key(a, KEY_KEPT_MAILBOX, (struct kept_place){sequence, m->id});
	struct buf value;

	buf_init(&value, VALUE_MAX);
	encode_mailbox(m, sequence, &value);
	kv_batch_put(&a->store->index, key_span(&k), buf_span(&value));
	buf_fini(&value);
}

/* ── Reading ── */

static bool decode(struct span value, struct op *out)
{
	return !op_decode(&value, out) && out->kind == OP_KEPT && !value.n;
}

enum fail kept_get(struct account *a, struct kept_place at, struct buf *space, struct op *out, struct why *w)
{
	struct key k = kept_key(a, KEY_KEPT, at);
	enum fail f;

	buf_reset(space);
	f = a->store->kv->ops->get(a->store->kv, key_span(&k), space, w);
	if (!f && !decode(buf_span(space), out))
		f = index_bad_row(w);
	return f;
}

struct scanning {
	bool (*each)(void *context, const struct op *op);
	void *context;
	bool bad;
};

static bool scan_row(void *context, struct span key, struct span value)
{
	struct scanning *s = context;
	struct op op;

	(void)key;
	s->bad = !decode(value, &op);
	return !s->bad && s->each(s->context, &op);
}

enum fail kept_scan(struct kv *kv, uint64_t account, struct kept_place after,
	bool (*each)(void *context, const struct op *op), void *context, struct why *w)
{
	struct key from = place_key(account, KEY_KEPT, (struct kept_place){after.sequence, after.id + 1});
	struct key to = key_past(key_begin(account, KEY_KEPT));
	struct scanning s = {each, context, false};
	enum fail f;

	if (after.id == UINT64_MAX)
		return FAIL_NONE;
	f = kv->ops->scan(kv, key_span(&from), key_span(&to), scan_row, &s, w);
	return !f && s.bad ? index_bad_row(w) : f;
}

enum fail kept_each(struct account *a, struct kept_place after, bool (*each)(void *context, const struct op *op),
	void *context, struct why *w)
{
	if (after.sequence < a->kept_gone.sequence ||
		(after.sequence == a->kept_gone.sequence && after.id < a->kept_gone.id))
		after = a->kept_gone;
	return a->kept_count ? kept_scan(a->store->kv, a->id, after, each, context, w) : FAIL_NONE;
}

static void fill(const struct op *op, struct kept_message *out)
{
	*out = (struct kept_message){.place = place_of(op), .expunged = op->time, .mailbox = op->mailbox};
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
	struct buf space;
	struct op op;
	enum fail f;

	buf_init(&space, VALUE_MAX);
	f = kept_get(a, at, &space, &op, w);
	if (!f)
		fill(&op, out);
	buf_fini(&space);
	return f;
}

uint64_t account_kept_count(const struct account *a)
{
	return a->kept_count;
}

uint64_t account_kept_size(const struct account *a)
{
	return a->kept_size;
}

/* ── Purging ── */

struct removing {
	struct account *a;
	struct kept_place last;
	struct kept_place next; /* the first that stays; {0, 0} = none does */
	struct purged_segments segments;
};

static int place_cmp(struct kept_place a, struct kept_place b)
{
	if (a.sequence != b.sequence)
		return a.sequence < b.sequence ? -1 : 1;
	return (a.id > b.id) - (a.id < b.id);
}

static bool remove_row(void *context, const struct op *op)
{
	struct removing *r = context;

	if (place_cmp(place_of(op), r->last) > 0) {
		r->next = place_of(op);
		return false;
	}
	kept_remove(r->a, op);
	purged_add(&r->segments, &op->row);
	index_delete_structure(r->a, op->row.body);
	return true;
}

/* Whoever was in a mailbox went no later than the mailbox itself: those that went before everything that stays are wanted by nobody. */
enum fail kept_purge(struct account *a, struct kept_place last, uint32_t time, struct why *w)
{
	struct removing r = {.a = a, .last = last};
	struct store *s = a->store;
	struct key from = key_begin(a->id, KEY_KEPT_MAILBOX), to;
	enum fail f = kept_each(a, (struct kept_place){0, 0}, remove_row, &r, w);

	to = key_past(from);
	if (r.next.sequence)
		to = kept_key(a, KEY_KEPT_MAILBOX, (struct kept_place){r.next.sequence, 0});
	kv_batch_delete_range(&s->index, key_span(&from), key_span(&to));
	if (!f)
		a->kept_gone = last;
	if (!f)
		f = purged_note(s, &r.segments, time, w);
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

/* ── Snapshots ── */

struct telling {
	void (*each)(void *context, struct span ops);
	void *context;
};

static bool tell_row(void *context, struct span key, struct span value)
{
	struct telling *t = context;

	(void)key;
	t->each(t->context, value);
	return true;
}

enum fail kept_encoded(struct account *a, void (*each)(void *context, struct span ops), void *context, struct why *w)
{
	struct kv *kv = a->store->kv;
	struct key from = key_begin(a->id, KEY_KEPT_MAILBOX), to = key_past(from);
	struct telling t = {each, context};
	enum fail f = kv->ops->scan(kv, key_span(&from), key_span(&to), tell_row, &t, w);

	from = key_begin(a->id, KEY_KEPT);
	to = key_past(from);
	return f ? f : kv->ops->scan(kv, key_span(&from), key_span(&to), tell_row, &t, w);
}

/* ── Mailboxes that are gone ── */

struct kept_mailboxes {
	struct buf ops; /* counted values */
};

static bool load_mailbox(void *context, struct span key, struct span value)
{
	struct kept_mailboxes *k = context;

	(void)key;
	buf_add_counted(&k->ops, value);
	return true;
}

enum fail kept_mailboxes_load(struct account *a, struct kept_mailboxes **out, struct why *w)
{
	struct kv *kv = a->store->kv;
	struct key from = key_begin(a->id, KEY_KEPT_MAILBOX), to = key_past(from);
	struct kept_mailboxes *k = NEW(struct kept_mailboxes);
	enum fail f;

	buf_init(&k->ops, SIZE_MAX);
	f = kv->ops->scan(kv, key_span(&from), key_span(&to), load_mailbox, k, w);
	if (f)
		kept_mailboxes_free(k);
	else
		*out = k;
	return f;
}

void kept_mailboxes_free(struct kept_mailboxes *k)
{
	if (!k)
		return;
	buf_fini(&k->ops);
	free(k);
}

bool kept_mailbox_find(const struct kept_mailboxes *k, uint64_t id, struct kept_mailbox *out)
{
	struct span all = buf_span(&k->ops), value;
	struct op op;

	while (span_take_counted(&all, &value)) {
		if (op_decode(&value, &op) || op.kind != OP_CREATE || op.mailbox != id)
			continue;
		*out = (struct kept_mailbox){
			.id = id, .use = (enum special_use)op.use, .name = op.text, .keywords = value};
		return true;
	}
	return false;
}

struct span kept_mailbox_keyword(const struct kept_mailbox *k, int bit)
{
	struct span in = k->keywords;
	struct op op;

	while (in.n && !op_decode(&in, &op) && op.kind == OP_KEYWORD)
		if (op.bit == bit)
			return op.text;
	return (struct span){NULL, 0};
}
