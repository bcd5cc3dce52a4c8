/* What a rebuild of an account needs of the log (need.h). Must never name fewer segments than there are. */
#include "store/need.h"

#include "base/memory.h"

/* The two ranges that are nearest to each other become one. */
static void make_room(struct need *n)
{
	unsigned best = 1;

	for (unsigned i = 2; i < n->count; i++)
		if (n->range[i].first - n->range[i - 1].last < n->range[best].first - n->range[best - 1].last)
			best = i;
	n->range[best - 1].last = n->range[best].last;
	memmove(&n->range[best], &n->range[best + 1], (n->count - best - 1) * sizeof(n->range[0]));
	n->count--;
}

void need_batch(struct need *n, uint32_t segment, uint64_t octets)
{
	struct need_range *last = n->count ? &n->range[n->count - 1] : NULL;

	n->changes += octets;
	if (last && segment <= last->last)
		return;
	if (last && segment == last->last + 1) {
		last->last = segment;
		return;
	}
	n->range[n->count++] = (struct need_range){segment, segment};
	if (n->count > NEED_RANGES)
		make_room(n);
}

void need_snapshot(struct need *n, uint32_t first, uint32_t last, uint64_t octets)
{
	*n = (struct need){.range = {{first, last}}, .count = 1, .snapshot = octets};
}

bool need_names(const struct need *n, uint32_t segment)
{
	for (unsigned i = 0; i < n->count; i++)
		if (segment >= n->range[i].first && segment <= n->range[i].last)
			return true;
	return false;
}

uint64_t need_segments(const struct need *n)
{
	uint64_t segments = 0;

	for (unsigned i = 0; i < n->count; i++)
		segments += (uint64_t)n->range[i].last - n->range[i].first + 1;
	return segments;
}

void need_encode(const struct need *n, struct buf *out)
{
	buf_add_u8(out, (uint8_t)n->count);
	for (unsigned i = 0; i < n->count; i++) {
		buf_add_u32(out, n->range[i].first);
		buf_add_u32(out, n->range[i].last);
	}
	buf_add_u64(out, n->changes);
	buf_add_u64(out, n->snapshot);
}

bool need_decode(struct span *in, struct need *out)
{
	uint8_t count;

	*out = (struct need){0};
	if (!span_take_u8(in, &count) || count > NEED_RANGES)
		return false;
	for (; out->count < count; out->count++) {
		struct need_range *r = &out->range[out->count];

		if (!span_take_be32(in, &r->first) || !span_take_be32(in, &r->last) || r->last < r->first)
			return false;
	}
	return span_take_be64(in, &out->changes) && span_take_be64(in, &out->snapshot);
}
