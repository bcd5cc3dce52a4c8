/* How bodies are stored, long ones: where their chunks are. Read from the log once for each body, and known from then on, for what is written is never changed. A
 * list that cannot be read may name any segment before it: none of those goes. */
#include "base/memory.h"
#include "store/body.h"
#include "store/reclaim_inner.h"

/* ── What is known ── */

static size_t place_of(const struct chunk_ranges *r, struct log_pos body)
{
	uint64_t h = ((uint64_t)body.segment << 32 | body.offset) * 0x9e3779b97f4a7c15u;
	size_t at = (size_t)(h >> 20) & (r->cap - 1);

	while (r->at[at].body.segment && log_pos_cmp(r->at[at].body, body))
		at = (at + 1) & (r->cap - 1);
	return at;
}

const struct chunk_range *chunk_ranges_get(const struct chunk_ranges *r, struct log_pos body)
{
	size_t at;

	if (!r->cap)
		return NULL;
	at = place_of(r, body);
	return r->at[at].body.segment ? &r->at[at] : NULL;
}

void chunk_ranges_put(struct chunk_ranges *r, const struct chunk_range *range)
{
	size_t at;

	if (r->n * 2 >= r->cap) {
		struct chunk_ranges bigger = {.cap = r->cap ? r->cap * 2 : 64};

		bigger.at = memory_new(bigger.cap * sizeof(*bigger.at));
		for (size_t i = 0; i < r->cap; i++)
			if (r->at[i].body.segment)
				bigger.at[place_of(&bigger, r->at[i].body)] = r->at[i];
		bigger.n = r->n;
		free(r->at);
		*r = bigger;
	}
	at = place_of(r, range->body);
	r->n += !r->at[at].body.segment;
	r->at[at] = *range;
}

void chunk_ranges_fini(struct chunk_ranges *r)
{
	free(r->at);
	*r = (struct chunk_ranges){0};
}

/* ── Looking up ── */

static void came(struct log_read *read, enum fail f)
{
	struct reclaimer *r = CONTAINER_OF(read, struct reclaimer, lookup_read);

	r->s->busy--;
	if (f)
		r->lookup_step = LOOKUP_BAD;
	reclaim_again(r);
}

/* True when it is there at once. */
static bool ask(struct reclaimer *r, uint32_t offset, uint32_t n, char *dst)
{
	enum fail f;

	r->lookup_read = (struct log_read){.pos = r->survey.longs[r->lookup_at].body,
		.type = RECORD_BODY,
		.offset = offset,
		.n = n,
		.dst = dst,
		.done = came};
	f = log_read(r->s->log, &r->lookup_read);
	if (f == FAIL_BUSY)
		r->s->busy++;
	else if (f)
		r->lookup_step = LOOKUP_BAD;
	return f != FAIL_BUSY;
}

static const struct reclaim_long *long_of(const struct reclaimer *r)
{
	return &r->survey.longs[r->lookup_at];
}

static void take_sample(struct reclaimer *r, const struct body_head *head)
{
	struct reclaim_segment *g = reclaim_segment(r, long_of(r)->body.segment);

	if (!g)
		return;
	g->known.octets += head->octets;
	g->known.stored += body_stored_octets(head);
	g->known.plain += head->form == BODY_INLINE ? head->octets : 0;
}

static bool head_came(struct reclaimer *r)
{
	struct body_head head;
	bool sample = long_of(r)->sample;

	r->lookup_step = LOOKUP_DONE;
	if (body_head_decode(span(r->lookup_head, BODY_HEAD), &head) || body_is_chunked(&head) == sample) {
		r->lookup_step = LOOKUP_BAD;
		return true;
	}
	if (sample) {
		take_sample(r, &head);
		return true;
	}
	buf_fini(&r->lookup_list);
	buf_init(&r->lookup_list, (size_t)body_stored_octets(&head) + 1);
	return ask(r, BODY_HEAD, (uint32_t)body_stored_octets(&head),
		buf_reserve(&r->lookup_list, (size_t)body_stored_octets(&head)));
}

static void take_list(struct reclaimer *r)
{
	struct log_pos body = long_of(r)->body;
	struct chunk_range range = {.body = body, .first = body.segment, .last = body.segment};
	struct body_chunk chunk;
	struct body_head head;
	struct span list;

	(void)!body_head_decode(span(r->lookup_head, BODY_HEAD), &head);
	range.plain = head.form == BODY_CHUNKED;
	list = span(r->lookup_list.p, (size_t)body_stored_octets(&head));
	for (uint64_t i = 0; body_chunk_at(&head, list, i, &chunk); i++) {
		range.first = chunk.pos.segment < range.first ? chunk.pos.segment : range.first;
		range.stored += chunk.stored;
	}
	chunk_ranges_put(&r->chunks, &range);
}

/* It was told of when somebody read it; `check --deep` names it. */
static void take_bad(struct reclaimer *r)
{
	struct log_pos body = long_of(r)->body;

	if (!long_of(r)->sample)
		chunk_ranges_put(&r->chunks, &(struct chunk_range){.body = body,
						     .first = 1,
						     .last = body.segment,
						     .stored = (uint32_t)long_of(r)->octets});
}

/* One body after the other; *done_out: there is none left. */
bool reclaim_lookup(struct reclaimer *r, bool *done_out)
{
	*done_out = r->lookup_at >= r->survey.long_count;
	if (*done_out) {
		buf_fini(&r->lookup_list);
		return true;
	}
	switch (r->lookup_step) {
	case LOOKUP_HEAD: r->lookup_step = LOOKUP_LIST; return ask(r, 0, BODY_HEAD, r->lookup_head);
	case LOOKUP_LIST: return head_came(r);
	case LOOKUP_DONE:
		if (!long_of(r)->sample)
			take_list(r);
		break;
	case LOOKUP_BAD: take_bad(r); break;
	}
	r->lookup_step = LOOKUP_HEAD;
	r->lookup_at++;
	return true;
}
