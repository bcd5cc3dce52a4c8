/* Reading messages from the index: rows, of which most stand many to a value, runs of vanished uids, and copies of structures. index_write.c is
 * their way in. Nothing here changes the store, so a worker may call what takes a kv. */
#include "base/memory.h"
#include "store/index_key.h"

/* ── Rows ── */

/* Appends what stands under one key. */
static bool take_rows(struct span key, struct span value, struct loaded_rows *out)
{
	bool single = key.n == SINGLE_KEY_SIZE;
	uint32_t base;
	size_t n = out->rows.n;

	if (!single && key.n != BLOCK_KEY_SIZE)
		return false;
	base = (uint32_t)get_be(key.p + 17, 4);
	if (!block_decode(value, base, &out->rows, &out->uidls) || (single && out->rows.n != n + 1))
		return false;
	return !n || out->rows.p[n - 1].uid < out->rows.p[n].uid;
}

struct rows_loading {
	struct loaded_rows *out;
	uint32_t block;
	bool bad;
};

static bool load_rows(void *context, struct span key, struct span value)
{
	struct rows_loading *l = context;

	l->bad = !take_rows(key, value, l->out);
	if (!l->bad && key.n == SINGLE_KEY_SIZE)
		singles_note(&l->out->singles, (uint32_t)get_be(key.p + 17, 4), l->block);
	return !l->bad;
}

enum fail index_load_rows(
	struct kv *kv, uint64_t account, uint64_t mailbox, uint32_t block, struct loaded_rows *out, struct why *w)
{
	struct key from = key_begin(account, KEY_ROW), to;
	struct rows_loading l = {out, block, false};
	enum fail f;

	key_add(&from, mailbox, 8);
	to = key_past(from);
	f = kv->ops->scan_once(kv, key_span(&from), key_span(&to), load_rows, &l, w);
	return !f && l.bad ? index_bad_row(w) : f;
}

void loaded_rows_fini(struct loaded_rows *l)
{
	rows_fini(&l->rows);
	uidls_fini(&l->uidls);
	singles_fini(&l->singles);
}

struct scanning {
	uint64_t account;
	bool (*each)(void *context, uint64_t account, uint64_t mailbox, const struct row *r);
	void *context;
	struct loaded_rows some; /* of one key */
	bool bad, stopped;
};

static bool scan_rows(void *context, struct span key, struct span value)
{
	struct scanning *x = context;

	x->some.rows.n = 0;
	x->bad = !take_rows(key, value, &x->some);
	for (size_t i = 0; !x->bad && !x->stopped && i < x->some.rows.n; i++)
		x->stopped = !x->each(x->context, x->account, get_be(key.p + 9, 8), &x->some.rows.p[i]);
	uidls_fini(&x->some.uidls);
	return !x->bad && !x->stopped;
}

enum fail index_scan_rows(struct kv *kv, uint64_t from_account,
	bool (*each)(void *context, uint64_t account, uint64_t mailbox, const struct row *r), void *context,
	struct why *w)
{
	struct scanning x = {.account = from_account ? from_account - 1 : 0, .each = each, .context = context};
	enum fail f;

	while (!(f = index_next_account(kv, x.account, &x.account, w)) && x.account && !x.stopped) {
		struct key from = key_begin(x.account, KEY_ROW), to = key_past(from);

		f = kv->ops->scan_once(kv, key_span(&from), key_span(&to), scan_rows, &x, w);
		if (!f && x.bad)
			f = index_bad_row(w);
		if (f)
			break;
	}
	loaded_rows_fini(&x.some);
	return f;
}

/* ── Vanished uids: the runs of one batch, as many to a value as fit; for each the gap before it and its length ── */

enum { VANISHED_VALUE_MAX = 4096, VANISHED_RUN_MAX = 10 };

void index_put_vanished(struct mailbox *m, const struct uid_run *runs, size_t n, uint64_t modseq)
{
	struct buf value;

	buf_init(&value, VANISHED_VALUE_MAX);
	for (size_t i = 0; i < n;) {
		struct key k = mailbox_key(m, KEY_VANISHED);
		uint32_t at = runs[i].first;

		key_add(&k, modseq, 8);
		key_add(&k, at, 4);
		buf_reset(&value);
		for (; i < n && value.n + VANISHED_RUN_MAX <= VANISHED_VALUE_MAX; i++) {
			buf_add_varint(&value, runs[i].first - at);
			buf_add_varint(&value, runs[i].count);
			at = runs[i].first + (runs[i].count - 1);
		}
		kv_batch_put(&m->account->store->index, key_span(&k), buf_span(&value));
	}
	buf_fini(&value);
}

struct vanished_loading {
	void (*each)(void *context, uint32_t first, uint32_t last, uint64_t modseq);
	void *context;
	bool bad;
};

static bool load_vanished(void *context, struct span key, struct span value)
{
	struct vanished_loading *l = context;
	uint64_t modseq, at, gap, count;

	l->bad = key.n != 29;
	if (l->bad)
		return false;
	modseq = get_be(key.p + 17, 8);
	at = get_be(key.p + 25, 4);
	while (value.n) {
		l->bad = !span_take_varint(&value, &gap) || !span_take_varint(&value, &count) || !count ||
			 gap > UINT32_MAX - at || count - 1 > UINT32_MAX - at - gap;
		if (l->bad)
			return false;
		at += gap + (count - 1);
		l->each(l->context, (uint32_t)(at - (count - 1)), (uint32_t)at, modseq);
	}
	return true;
}

enum fail index_load_vanished(struct kv *kv, uint64_t account, uint64_t mailbox, uint64_t since,
	void (*each)(void *context, uint32_t first, uint32_t last, uint64_t modseq), void *context, struct why *w)
{
	struct key from = key_begin(account, KEY_VANISHED), to;
	struct vanished_loading l = {each, context, false};
	enum fail f;

	if (since == UINT64_MAX)
		return FAIL_NONE;
	key_add(&from, mailbox, 8);
	to = key_past(from);
	key_add(&from, since + 1, 8);
	f = kv->ops->scan_once(kv, key_span(&from), key_span(&to), load_vanished, &l, w);
	return !f && l.bad ? index_bad_row(w) : f;
}

/* ── Structures: a copy of what stands in the body's record, nearer at hand ── */

void index_put_structure(struct account *a, struct log_pos body, struct span structure)
{
	struct key k = structure_key(a, body);

	kv_batch_put(&a->store->index, key_span(&k), structure);
}

void index_delete_structure(struct account *a, struct log_pos body)
{
	struct key k = structure_key(a, body);

	kv_batch_delete(&a->store->index, key_span(&k));
}

enum fail index_get_structure(struct account *a, struct log_pos body, bool near, struct buf *out, struct why *w)
{
	struct key k = structure_key(a, body);
	struct kv *kv = a->store->kv;

	return (near ? kv->ops->get_near : kv->ops->get)(kv, key_span(&k), out, w);
}
