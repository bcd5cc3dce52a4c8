/* Two indexes side by side, for `check`: what the log says, and what the index says. */
#include "base/memory.h"
#include "store/index_key.h"

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

struct scanning {
	uint64_t account;
	bool (*each)(void *context, uint64_t account, uint64_t mailbox, const struct row *r);
	void *context;
	bool bad, stopped;
};

static bool scan_row(void *context, struct span key, struct span value)
{
	struct scanning *x = context;
	uint64_t mailbox;
	struct row r;

	x->bad = !index_take_row(key, value, &mailbox, &r);
	if (x->bad)
		return false;
	x->stopped = !x->each(x->context, x->account, mailbox, &r);
	return !x->stopped;
}

enum fail index_scan_rows(struct kv *kv, uint64_t from_account,
	bool (*each)(void *context, uint64_t account, uint64_t mailbox, const struct row *r), void *context,
	struct why *w)
{
	struct scanning x = {.account = from_account ? from_account - 1 : 0, .each = each, .context = context};
	enum fail f;

	while (!(f = index_next_account(kv, x.account, &x.account, w)) && x.account && !x.stopped) {
		struct key from = key_begin(x.account, KEY_ROW), to = key_past(from);

		f = kv->ops->scan(kv, key_span(&from), key_span(&to), scan_row, &x, w);
		if (!f && x.bad)
			f = index_bad_row(w);
		if (f)
			return f;
	}
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
		f = from->ops->scan(from, buf_span(&at), SPAN(""), copy_row, &p, w);
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

/* Copies of structures may be missing. Of an account's counters only the sequence is told: the others may hold numbers that were
 * given out and never used. */
static bool is_comparable(struct span key)
{
	return key.n > KEY_KIND_AT && account_of(key) && key.p[KEY_KIND_AT] != 's';
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

enum fail index_compare(
	struct kv *a, struct kv *b, void (*differs)(void *context, struct span key), void *context, struct why *w)
{
	struct comparing c = {.other = b, .differs = differs, .context = context, .why = w};
	enum fail f;

	buf_init(&c.value, KV_VALUE_MAX);
	f = a->ops->scan(a, SPAN(""), SPAN(""), compare_row, &c, w);
	if (!f && !c.fail) {
		c.other = a;
		c.only_missing = true;
		f = b->ops->scan(b, SPAN(""), SPAN(""), compare_row, &c, w);
	}
	buf_fini(&c.value);
	return f ? f : c.fail;
}
