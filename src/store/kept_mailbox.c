/* The mailboxes that are gone and that kept messages may have been in (kept.h): a row of the index each. Its value is the ops that a snapshot has
 * for it, so there is one form to write and to read. */
#include "base/memory.h"
#include "store/kept_inner.h"

enum { VALUE_MAX = 32 << 10 /* a mailbox with all its keywords */ };

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
	struct key k = kept_key(a->id, KEY_KEPT_MAILBOX, (struct kept_place){sequence, m->id});
	struct buf value;

	buf_init(&value, VALUE_MAX);
	encode_mailbox(m, sequence, &value);
	kv_batch_put(&a->store->index, key_span(&k), buf_span(&value));
	buf_fini(&value);
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

enum fail kept_mailboxes_encoded(
	struct account *a, void (*each)(void *context, struct span ops), void *context, struct why *w)
{
	struct kv *kv = a->store->kv;
	struct key from = key_begin(a->id, KEY_KEPT_MAILBOX), to = key_past(from);
	struct telling t = {each, context};

	return kv->ops->scan(kv, key_span(&from), key_span(&to), tell_row, &t, w);
}

/* ── Reading ── */

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
