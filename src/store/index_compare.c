/* Two indexes side by side, for `check`: what the log says, and what the index says. */
#include "base/memory.h"
#include "store/kept_inner.h"

enum { PAGE_BYTES = 4 << 20, KEY_KIND_AT = 8, SEQUENCE_SIZE = 8 };

static uint64_t account_of(struct span key)
{
	uint64_t id = 0;

	return span_take_be64(&key, &id) ? id : 0;
}

static bool first_account(void *context, struct span key, struct span value)
{
	(void)value;
	*(uint64_t *)context = account_of(key);
	return false;
}

enum fail index_next_account(struct kv *kv, uint64_t after, uint64_t *out, struct why *w)
{
	struct buf from;
	enum fail f;

	*out = 0;
	if (after == UINT64_MAX)
		return FAIL_NONE;
	buf_init(&from, 8);
	buf_add_u64(&from, after + 1);
	f = kv->ops->scan(kv, buf_span(&from), SPAN(""), first_account, out, w);
	buf_fini(&from);
	return f;
}

/* One page of rows from a place on, so that no callback makes calls and no memory grows with the mail. */
struct page {
	struct kv_batch *batch;
	struct buf next; /* key of the first row that had no room */
};

static bool copy_row(void *context, struct span key, struct span value)
{
	struct page *p = context;

	if (p->batch->ops.n > PAGE_BYTES) {
		buf_add(&p->next, key);
		return false;
	}
	kv_batch_put(p->batch, key, value);
	return true;
}

enum fail index_copy(struct kv *from, struct kv *to, struct why *w)
{
	struct kv_batch batch;
	struct page p = {.batch = &batch};
	struct buf at;
	enum fail f;

	kv_batch_init(&batch);
	buf_init(&at, KV_KEY_MAX);
	buf_init(&p.next, KV_KEY_MAX);
	do {
		kv_batch_reset(&batch);
		buf_reset(&p.next);
		f = from->ops->scan_once(from, buf_span(&at), SPAN(""), copy_row, &p, w);
		if (!f)
			f = to->ops->write(to, &batch, w);
		buf_reset(&at);
		buf_add(&at, buf_span(&p.next));
	} while (!f && p.next.n);
	buf_fini(&p.next);
	buf_fini(&at);
	kv_batch_fini(&batch);
	return f;
}

/* Copies of structures may be missing, and rows of messages, also of kept ones, stand together as the times had it: those are compared one by one. Of an account's counters only the sequence is told: the others may hold numbers that were
 * given out and never used. */
static bool is_comparable(struct span key)
{
	return key.n > KEY_KIND_AT && account_of(key) && !strchr("smvk", key.p[KEY_KIND_AT]);
}

struct comparing {
	struct kv *other;
	bool only_missing; /* rows that both have were compared the other way round */
	void (*differs)(void *context, struct span key);
	void *context;
	struct buf value;
	enum fail fail;
	struct why *why;
};

static bool compare_row(void *context, struct span key, struct span value)
{
	struct comparing *c = context;
	struct span other;

	if (!is_comparable(key))
		return true;
	buf_reset(&c->value);
	c->fail = c->other->ops->get(c->other, key, &c->value, c->why);
	if (c->fail && c->fail != FAIL_NOT_FOUND)
		return false;
	other = buf_span(&c->value);
	if (key.p[KEY_KIND_AT] == 'a') {
		other = span_first(other, SEQUENCE_SIZE);
		value = span_first(value, SEQUENCE_SIZE);
	}
	if (c->fail || (!c->only_missing && !span_eq(value, other)))
		c->differs(c->context, key);
	c->fail = FAIL_NONE;
	return true;
}

/* ── Messages ── */

struct one_mailbox { /* as one index has it */
	struct loaded_rows l;
	struct vanished_run {
		uint64_t modseq;
		uint32_t first, last;
	} * vanished;
	size_t n, cap;
};

static void add_vanished(void *context, uint32_t first, uint32_t last, uint64_t modseq)
{
	struct one_mailbox *m = context;
	struct vanished_run *before = m->n ? &m->vanished[m->n - 1] : NULL;

	/* How they are cut into runs says nothing. */
	if (before && before->modseq == modseq && before->last + 1 == first) {
		before->last = last;
		return;
	}
	if (m->n == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 16;
		m->vanished = memory_resize_array(m->vanished, m->cap, sizeof(*m->vanished));
	}
	m->vanished[m->n++] = (struct vanished_run){modseq, first, last};
}

static enum fail load_one(struct kv *kv, uint64_t account, uint64_t mailbox, struct one_mailbox *out, struct why *w)
{
	enum fail f = index_load_rows(kv, account, mailbox, BLOCK_MESSAGES_MAX, &out->l, w);

	return f ? f : index_load_vanished(kv, account, mailbox, 0, add_vanished, out, w);
}

static void one_mailbox_fini(struct one_mailbox *m)
{
	loaded_rows_fini(&m->l);
	free(m->vanished);
}

static void tell(struct comparing *c, uint64_t account, enum key_kind kind, uint64_t mailbox)
{
	struct key k = key_begin(account, kind);

	key_add(&k, mailbox, 8);
	c->differs(c->context, key_span(&k));
}

static bool same_row(const struct one_mailbox *a, const struct row *x, const struct one_mailbox *b, const struct row *y)
{
	const char *p = uidls_find(&a->l.uidls, x->uid), *q = uidls_find(&b->l.uidls, y->uid);

	return !memcmp(x, y, sizeof(*x)) && (p && q ? !strcmp(p, q) : p == q);
}

static void compare_messages(struct comparing *c, uint64_t account, uint64_t mailbox, const struct one_mailbox *a,
	const struct one_mailbox *b)
{
	size_t i = 0, j = 0;

	while (i < a->l.rows.n || j < b->l.rows.n) {
		const struct row *x = i < a->l.rows.n ? &a->l.rows.p[i] : NULL;
		const struct row *y = j < b->l.rows.n ? &b->l.rows.p[j] : NULL;

		if (!x || !y || !same_row(a, x, b, y))
			tell(c, account, KEY_ROW, mailbox);
		i += x && (!y || x->uid <= y->uid);
		j += y && (!x || y->uid <= x->uid);
	}
	if (a->n != b->n || (a->n && memcmp(a->vanished, b->vanished, a->n * sizeof(*a->vanished))))
		tell(c, account, KEY_VANISHED, mailbox);
}

/* ── Kept messages ── */

enum { KEPT_PAGE = 4096 };

struct kept_page { /* as one index has them, each as the op of a snapshot */
	struct kept_place at[KEPT_PAGE];
	size_t begin[KEPT_PAGE + 1];
	struct buf bytes;
	size_t n;
};

static bool add_kept(void *context, const struct op *op)
{
	struct kept_page *p = context;

	op_encode(op, &p->bytes);
	p->at[p->n++] = (struct kept_place){op->modseq, op->other};
	p->begin[p->n] = p->bytes.n;
	return p->n < KEPT_PAGE;
}

static enum fail load_kept(struct kv *kv, uint64_t account, struct kept_place after, struct kept_page *p, struct why *w)
{
	p->n = 0;
	buf_reset(&p->bytes);
	return kept_scan(kv, account, after, add_kept, p, w);
}

static struct span kept_bytes(const struct kept_page *p, size_t i)
{
	return span(p->bytes.p + p->begin[i], p->begin[i + 1] - p->begin[i]);
}

static bool reaches_no_further(const struct kept_page *p, size_t i)
{
	return i == p->n && p->n == KEPT_PAGE;
}

/* Tells of every place at which they differ, up to the last that both pages reach; that is `after_out`. */
static void compare_pages(struct comparing *c, uint64_t account, const struct kept_page *a, const struct kept_page *b,
	struct kept_place *after_out)
{
	size_t i = 0, j = 0;

	while ((i < a->n || j < b->n) && !reaches_no_further(a, i) && !reaches_no_further(b, j)) {
		int order = i == a->n ? 1 : j == b->n ? -1 : kept_place_cmp(a->at[i], b->at[j]);
		struct key k = kept_key(account, KEY_KEPT, order <= 0 ? a->at[i] : b->at[j]);

		*after_out = order <= 0 ? a->at[i] : b->at[j];
		if (order || !span_eq(kept_bytes(a, i), kept_bytes(b, j)))
			c->differs(c->context, key_span(&k));
		i += order <= 0;
		j += order >= 0;
	}
}

static enum fail compare_kept(struct comparing *c, struct kv *a, struct kv *b, uint64_t account)
{
	struct kept_page *pages = memory_new(2 * sizeof(*pages));
	struct kept_place after = {0, 0};
	bool more = true;
	enum fail f = FAIL_NONE;

	buf_init(&pages[0].bytes, SIZE_MAX);
	buf_init(&pages[1].bytes, SIZE_MAX);
	while (!f && more) {
		f = load_kept(a, account, after, &pages[0], c->why);
		if (!f)
			f = load_kept(b, account, after, &pages[1], c->why);
		more = pages[0].n == KEPT_PAGE || pages[1].n == KEPT_PAGE;
		if (!f)
			compare_pages(c, account, &pages[0], &pages[1], &after);
	}
	if (f == FAIL_CORRUPT) { /* a block that cannot be read is one that differs */
		tell(c, account, KEY_KEPT, 0);
		f = FAIL_NONE;
	}
	buf_fini(&pages[0].bytes);
	buf_fini(&pages[1].bytes);
	free(pages);
	return f;
}

/* ── Accounts ── */

struct mailbox_ids {
	uint64_t *at;
	size_t n, cap;
};

static bool add_id(void *context, struct span key, struct span value)
{
	struct mailbox_ids *ids = context;

	(void)value;
	if (ids->n == ids->cap) {
		ids->cap = ids->cap ? ids->cap * 2 : 16;
		ids->at = memory_resize_array(ids->at, ids->cap, sizeof(*ids->at));
	}
	if (key.n >= 17)
		ids->at[ids->n++] = get_be(key.p + 9, 8);
	return true;
}

/* The mailboxes that `a` has; that `b` has the same ones is told by their records. */
static enum fail compare_account(struct comparing *c, struct kv *a, struct kv *b, uint64_t account)
{
	struct key from = key_begin(account, KEY_MAILBOX), to = key_past(from);
	struct mailbox_ids ids = {0};
	enum fail f = a->ops->scan(a, key_span(&from), key_span(&to), add_id, &ids, c->why);

	for (size_t i = 0; !f && i < ids.n; i++) {
		struct one_mailbox x = {0}, y = {0};

		f = load_one(a, account, ids.at[i], &x, c->why);
		if (!f)
			f = load_one(b, account, ids.at[i], &y, c->why);
		if (f == FAIL_CORRUPT) { /* a row that cannot be read is one that differs */
			tell(c, account, KEY_ROW, ids.at[i]);
			f = FAIL_NONE;
		} else if (!f) {
			compare_messages(c, account, ids.at[i], &x, &y);
		}
		one_mailbox_fini(&x);
		one_mailbox_fini(&y);
	}
	free(ids.at);
	return f ? f : compare_kept(c, a, b, account);
}

enum fail index_compare(
	struct kv *a, struct kv *b, void (*differs)(void *context, struct span key), void *context, struct why *w)
{
	struct comparing c = {.other = b, .differs = differs, .context = context, .why = w};
	enum fail f;

	buf_init(&c.value, KV_VALUE_MAX);
	f = a->ops->scan_once(a, SPAN(""), SPAN(""), compare_row, &c, w);
	if (!f && !c.fail) {
		c.other = a;
		c.only_missing = true;
		f = b->ops->scan_once(b, SPAN(""), SPAN(""), compare_row, &c, w);
	}
	for (uint64_t id = 0; !f && !c.fail && !(f = index_next_account(a, id, &id, w)) && id;)
		f = compare_account(&c, a, b, id);
	buf_fini(&c.value);
	return f ? f : c.fail;
}
