/* A batch's own encoding: one byte that tells what, then the key, then the value of a put or the end of a range; each counted. */
#include "kv/batch.h"

enum { BATCH_MAX = 1 << 30 };

void kv_batch_init(struct kv_batch *b)
{
	buf_init(&b->ops, BATCH_MAX);
	b->count = 0;
}

void kv_batch_fini(struct kv_batch *b)
{
	buf_fini(&b->ops);
	b->count = 0;
}

void kv_batch_reset(struct kv_batch *b)
{
	buf_reset(&b->ops);
	b->count = 0;
}

void kv_batch_put(struct kv_batch *b, struct span key, struct span value)
{
	(void)buf_add_u8(&b->ops, KV_PUT); /* `over` tells whoever writes the batch */
	(void)buf_add_counted(&b->ops, key);
	(void)buf_add_counted(&b->ops, value);
	b->count++;
}

void kv_batch_delete(struct kv_batch *b, struct span key)
{
	(void)buf_add_u8(&b->ops, KV_DELETE);
	(void)buf_add_counted(&b->ops, key);
	b->count++;
}

void kv_batch_delete_range(struct kv_batch *b, struct span from, struct span to)
{
	(void)buf_add_u8(&b->ops, KV_DELETE_RANGE);
	(void)buf_add_counted(&b->ops, from);
	(void)buf_add_counted(&b->ops, to);
	b->count++;
}

bool kv_op_next(struct span *ops, struct kv_op *out)
{
	uint8_t what;

	*out = (struct kv_op){0};
	if (!span_take_u8(ops, &what) || what > KV_DELETE_RANGE || !span_take_counted(ops, &out->key))
		return false;
	out->what = what;
	return what == KV_DELETE || span_take_counted(ops, &out->value);
}

enum fail kv_batch_check(const struct kv_batch *b, struct why *w)
{
	struct span ops = buf_span(&b->ops);
	struct kv_op op;

	if (b->ops.over)
		return why(w, FAIL_TOO_BIG, "A batch of the index is too large.");
	while (ops.n) {
		if (!kv_op_next(&ops, &op))
			return why(w, FAIL_CORRUPT, "A batch of the index is malformed.");
		if (op.key.n > KV_KEY_MAX || op.value.n > KV_VALUE_MAX)
			return why(w, FAIL_TOO_BIG,
				"An entry of the index is too large: %zu bytes of key, %zu of value.", op.key.n,
				op.value.n);
	}
	return FAIL_NONE;
}
