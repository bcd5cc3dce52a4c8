/* Which segments of the log hold bytes that were purged, and since when: hints for whoever gives space back, so that what was to be gone is gone
 * within a day. They stand in the index under account 0, are made by the purges that are redone, and cost nothing but a delay when
 * they are lost: so they are not compared (INV-26 is about the rows of accounts). */
#include "base/memory.h"
#include "store/index_key.h"

static struct key purged_key(uint32_t segment)
{
	struct key k = key_begin(0, KEY_PURGED);

	key_add(&k, segment, 4);
	return k;
}

static void add(struct purged_segments *p, uint32_t segment)
{
	if (!segment || (p->n && p->at[p->n - 1] == segment))
		return;
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 16;
		p->at = memory_resize_array(p->at, p->cap, sizeof(*p->at));
	}
	p->at[p->n++] = segment;
}

/* Where the chunks of a long body lie is in the log only; they were written shortly before the record that lists them. */
void purged_add(struct purged_segments *p, const struct row *r)
{
	uint32_t back = r->size > BODY_INLINE_MAX ? r->size / LOG_SEGMENT_SIZE + 1 : 0;

	if (r->prefix)
		add(p, r->prefix_pos.segment);
	for (; back && r->body.segment > back; back--)
		add(p, r->body.segment - back);
	add(p, r->body.segment);
}

static int segment_cmp(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The first time counts: what was purged then has waited longest. */
static enum fail note(struct store *s, uint32_t segment, uint32_t time, struct buf *known, struct why *w)
{
	struct key k = purged_key(segment);
	char value[4];
	enum fail f;

	buf_reset(known);
	f = s->kv->ops->get(s->kv, key_span(&k), known, w);
	if (f != FAIL_NOT_FOUND)
		return f;
	put_be(value, time, sizeof(value));
	kv_batch_put(&s->index, key_span(&k), span(value, sizeof(value)));
	return FAIL_NONE;
}

enum fail purged_note(struct store *s, struct purged_segments *p, uint32_t time, struct why *w)
{
	struct buf known;
	enum fail f = FAIL_NONE;

	if (p->n)
		qsort(p->at, p->n, sizeof(*p->at), segment_cmp);
	buf_init(&known, 64);
	for (size_t i = 0; !f && i < p->n; i++)
		if (!i || p->at[i] != p->at[i - 1])
			f = note(s, p->at[i], time, &known, w);
	buf_fini(&known);
	return f;
}

void purged_fini(struct purged_segments *p)
{
	free(p->at);
	*p = (struct purged_segments){0};
}

/* ── For whoever gives space back ── */

struct telling {
	bool (*each)(void *context, uint32_t segment, int64_t since);
	void *context;
};

static bool tell(void *context, struct span key, struct span value)
{
	struct telling *t = context;

	return key.n != 13 || value.n != 4 ||
	       t->each(t->context, (uint32_t)get_be(key.p + 9, 4), (int64_t)get_be(value.p, 4));
}

enum fail purged_each(
	struct kv *kv, bool (*each)(void *context, uint32_t segment, int64_t since), void *context, struct why *w)
{
	struct key from = key_begin(0, KEY_PURGED), to = key_past(from);
	struct telling t = {each, context};

	return kv->ops->scan(kv, key_span(&from), key_span(&to), tell, &t, w);
}

void purged_forget(struct store *s, uint32_t segment)
{
	struct key k = purged_key(segment);

	kv_batch_delete(&s->index, key_span(&k));
}
