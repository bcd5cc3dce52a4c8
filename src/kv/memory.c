/* The engine in memory: a skip list, so that everything is logarithmic however the keys come. Keeps nothing on disk: for tests
 * and for the store's own `mem` engine. */
#include "base/memory.h"
#include "kv/batch.h"

enum { LEVELS = 20 };

struct node {
	struct span key;   /* behind the node, in its memory */
	struct span value; /* its own */
	unsigned levels;
	struct node *next[];
};

struct memory_kv {
	struct kv base;
	struct node *head; /* of all levels, without a key */
	uint64_t random;   /* state of the coin; the same run makes the same list */
	uint64_t unflushed;
};

static const struct kv_ops memory_ops;

static struct memory_kv *kv_of(struct kv *kv)
{
	return CONTAINER_OF(kv, struct memory_kv, base);
}

/* One level more with probability 1/4. */
static unsigned toss(struct memory_kv *m)
{
	unsigned levels = 1;
	uint64_t r;

	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	for (r = m->random >> 8; levels < LEVELS && (r & 3) == 0; r >>= 2)
		levels++;
	return levels;
}

/* The first node whose key is not below `key`; before[] (may be NULL) gets the last node below it on each level. */
static struct node *seek(const struct memory_kv *m, struct span key, struct node **before)
{
	struct node *at = m->head;

	for (unsigned level = LEVELS; level-- > 0;) {
		while (at->next[level] && span_cmp(at->next[level]->key, key) < 0)
			at = at->next[level];
		if (before)
			before[level] = at;
	}
	return at->next[0];
}

static struct node *node_new(unsigned levels, struct span key)
{
	size_t head = sizeof(struct node) + levels * sizeof(struct node *);
	struct node *n = memory_new(head + key.n);
	char *copy = (char *)n + head;

	if (key.n)
		memcpy(copy, key.p, key.n);
	n->key = span(copy, key.n);
	n->levels = levels;
	return n;
}

static void set_value(struct node *n, struct span value)
{
	char *copy = memory_new(value.n + 1);

	if (value.n)
		memcpy(copy, value.p, value.n);
	free((void *)(uintptr_t)n->value.p);
	n->value = span(copy, value.n);
}

static void node_free(struct node *n)
{
	free((void *)(uintptr_t)n->value.p);
	free(n);
}

static void put(struct memory_kv *m, struct span key, struct span value)
{
	struct node *before[LEVELS], *n = seek(m, key, before);

	if (!n || !span_eq(n->key, key)) {
		n = node_new(toss(m), key);
		for (unsigned level = 0; level < n->levels; level++) {
			n->next[level] = before[level]->next[level];
			before[level]->next[level] = n;
		}
	}
	set_value(n, value);
}

static void delete (struct memory_kv *m, struct span key)
{
	struct node *before[LEVELS], *n = seek(m, key, before);

	if (!n || !span_eq(n->key, key))
		return;
	for (unsigned level = 0; level < n->levels; level++)
		before[level]->next[level] = n->next[level];
	node_free(n);
}

static void delete_range(struct memory_kv *m, struct span from, struct span to)
{
	struct node *before[LEVELS], *n = seek(m, from, before), *next;

	for (; n && span_cmp(n->key, to) < 0; n = next) {
		next = n->next[0];
		for (unsigned level = 0; level < n->levels; level++)
			before[level]->next[level] = n->next[level];
		node_free(n);
	}
}

static enum fail memory_get(struct kv *kv, struct span key, struct buf *out, struct why *w)
{
	struct node *n = seek(kv_of(kv), key, NULL);

	if (!n || !span_eq(n->key, key))
		return why(w, FAIL_NOT_FOUND, "The index has no such entry.");
	return buf_add(out, n->value) ? why(w, FAIL_TOO_BIG, "An entry of the index is too large.") : FAIL_NONE;
}

static enum fail memory_write(struct kv *kv, const struct kv_batch *b, struct why *w)
{
	struct memory_kv *m = kv_of(kv);
	struct span ops = buf_span(&b->ops);
	enum fail fail = kv_batch_check(b, w);
	struct kv_op op;

	if (fail)
		return fail;
	while (kv_op_next(&ops, &op)) {
		switch (op.what) {
		case KV_PUT: put(m, op.key, op.value); break;
		case KV_DELETE: delete (m, op.key); break;
		case KV_DELETE_RANGE: delete_range(m, op.key, op.value); break;
		}
	}
	m->unflushed += b->ops.n;
	return FAIL_NONE;
}

static enum fail memory_scan(struct kv *kv, struct span from, struct span to,
	bool (*each)(void *ctx, struct span key, struct span value), void *ctx, struct why *w)
{
	(void)w;
	for (struct node *n = seek(kv_of(kv), from, NULL); n && (!to.n || span_cmp(n->key, to) < 0); n = n->next[0])
		if (!each(ctx, n->key, n->value))
			break;
	return FAIL_NONE;
}

static enum fail memory_flush(struct kv *kv, struct why *w)
{
	(void)w;
	kv_of(kv)->unflushed = 0;
	return FAIL_NONE;
}

static uint64_t memory_unflushed(struct kv *kv)
{
	return kv_of(kv)->unflushed;
}

/* Memory does not rot. */
static void memory_on_corrupt(struct kv *kv, void (*call)(void *context), void *context)
{
	(void)kv;
	(void)call;
	(void)context;
}

static void memory_close(struct kv *kv)
{
	struct memory_kv *m;

	if (!kv)
		return;
	m = kv_of(kv);
	for (struct node *n = m->head, *next; n; n = next) {
		next = n->next[0];
		node_free(n);
	}
	free(m);
}

static const struct kv_ops memory_ops = {
	.name = "memory",
	.get = memory_get,
	.write = memory_write,
	.scan = memory_scan,
	.scan_once = memory_scan,
	.get_near = memory_get,
	.scan_near = memory_scan,
	.flush = memory_flush,
	.unflushed = memory_unflushed,
	.on_corrupt = memory_on_corrupt,
	.close = memory_close,
};

struct kv *kv_open_memory(void)
{
	struct memory_kv *m = NEW(struct memory_kv);

	m->base.ops = &memory_ops;
	m->head = node_new(LEVELS, span("", 0));
	m->random = 0x2545f4914f6cdd1du;
	return &m->base;
}
