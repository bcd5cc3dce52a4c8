/* The rows of a mailbox in memory: flat, ascending by uid, with as little room to spare as growing allows; and a row as the message that readers
 * see, and back. */
#include "base/memory.h"
#include "store/inside.h"

enum { DOUBLE_BELOW = 1024, TIGHTEN_FROM = 4096 };

void rows_reserve(struct rows *r, size_t n)
{
	if (r->cap >= n)
		return;
	if (r->gap) {
		struct row *memory = r->p - r->gap;

		memmove(memory, r->p, r->n * sizeof(*r->p));
		r->p = memory;
		r->cap += r->gap;
		r->gap = 0;
		if (r->cap >= n)
			return;
	}
	r->p = memory_resize_array(r->p, n, sizeof(*r->p));
	r->cap = n;
}

void rows_cut(struct rows *r, size_t at, size_t n)
{
	size_t behind = r->n - at - n;

	if (behind <= at) {
		memmove(r->p + at, r->p + at + n, behind * sizeof(*r->p));
	} else {
		memmove(r->p + n, r->p, at * sizeof(*r->p));
		r->p += n;
		r->gap += n;
		r->cap -= n;
	}
	r->n -= n;
}

void rows_tighten(struct rows *r)
{
	struct row *fewer;

	if (r->gap + r->cap < TIGHTEN_FROM || r->n > (r->gap + r->cap) / 4)
		return;
	fewer = r->n ? memory_resize_array(NULL, r->n, sizeof(*r->p)) : NULL;
	if (fewer)
		memcpy(fewer, r->p, r->n * sizeof(*r->p));
	free(r->p - r->gap);
	*r = (struct rows){.p = fewer, .n = r->n, .cap = r->n};
}

struct row *rows_add_many(struct rows *r, size_t n)
{
	size_t more = r->cap < DOUBLE_BELOW ? r->cap + 16 : r->cap / 8;

	if (r->cap - r->n < n)
		rows_reserve(r, r->cap + (n > more ? n : more));
	r->n += n;
	return &r->p[r->n - n];
}

struct row *rows_add(struct rows *r)
{
	return rows_add_many(r, 1);
}

size_t rows_lower_bound(const struct rows *r, uint32_t uid)
{
	size_t lo = 0, hi = r->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (r->p[mid].uid < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

uint32_t rows_seen_below(const struct rows *r, uint32_t uid)
{
	for (size_t i = rows_lower_bound(r, uid); i < r->n; i++) {
		if (!(r->p[i].flags & MESSAGE_SEEN))
			return r->p[i].uid;
		uid = r->p[i].uid;
	}
	return uid;
}

void rows_fini(struct rows *r)
{
	if (r->p)
		free(r->p - r->gap);
	*r = (struct rows){0};
}

void row_message(const struct row *r, struct message *out)
{
	*out = (struct message){
		.uid = r->uid,
		.id = r->id,
		.flags = r->flags,
		.modseq = r->modseq,
		.size = r->size,
		.internal_date = r->internal_date,
		.internal_zone = r->zone,
		.save_date = r->save_date,
		.prefix = r->prefix,
		.body_place = {r->body.segment, r->body.offset},
		.prefix_place = {r->prefix_pos.segment, r->prefix_pos.offset},
	};
}

void message_row(const struct message *m, struct row *out)
{
	*out = (struct row){
		.uid = m->uid,
		.id = m->id,
		.flags = m->flags,
		.modseq = m->modseq,
		.size = (uint32_t)m->size,
		.internal_date = m->internal_date,
		.zone = m->internal_zone,
		.save_date = (uint32_t)m->save_date,
		.prefix = (uint16_t)m->prefix,
		.body = {m->body_place.segment, m->body_place.offset},
		.prefix_pos = {m->prefix_place.segment, m->prefix_place.offset},
	};
}
