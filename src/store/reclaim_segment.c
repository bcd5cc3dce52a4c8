/* The segments of a round: those that there are when it begins, in order, with what earlier rounds found out about them; and which of them are
 * victims. Must never make a candidate of a segment in which something may stand that is not applied yet. */
#include "base/memory.h"
#include "store/reclaim_inner.h"

struct reclaim_segment *reclaim_segment(const struct reclaimer *r, uint32_t number)
{
	size_t lo = 0, hi = r->segment_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (r->segments[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < r->segment_count && r->segments[lo].number == number ? &r->segments[lo] : NULL;
}

bool reclaim_is_victim(const struct reclaimer *r, struct log_pos pos)
{
	const struct reclaim_segment *g = reclaim_segment(r, pos.segment);

	return g && g->victim;
}

static void keep_segment(struct reclaimer *r, uint32_t number)
{
	struct reclaim_segment *g = reclaim_segment(r, number);

	if (g)
		g->victim = false;
}

void reclaim_keep_message(struct reclaimer *r, struct log_pos body, struct log_pos prefix, uint64_t octets)
{
	const struct chunk_range *range = octets > BODY_INLINE_MAX ? chunk_ranges_get(&r->chunks, body) : NULL;

	keep_segment(r, body.segment);
	keep_segment(r, prefix.segment);
	if (octets <= BODY_INLINE_MAX)
		return;
	for (size_t i = 0; i < r->segment_count; i++) {
		struct reclaim_segment *g = &r->segments[i];

		if (g->number >= (range ? range->first : 1) && g->number <= body.segment)
			g->victim = false;
	}
}

uint32_t reclaim_highest_victim(const struct reclaimer *r)
{
	for (size_t i = r->segment_count; i-- > 0;)
		if (r->segments[i].victim)
			return r->segments[i].number;
	return 0;
}

static int segment_cmp(const void *a, const void *b)
{
	const struct reclaim_segment *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static const struct segment_sample *find_sample(const struct reclaimer *r, uint32_t segment)
{
	size_t lo = 0, hi = r->sample_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (r->samples[mid].segment < segment)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < r->sample_count && r->samples[lo].segment == segment ? &r->samples[lo] : NULL;
}

/* A segment in which something may stand that is not applied yet is no candidate. */
void reclaim_list_segments(struct reclaimer *r)
{
	struct store *s = r->s;
	size_t n = log_segments(s->log, NULL, 0);
	struct log_segment_info *info = memory_resize_array(NULL, n + 1, sizeof(*info));

	n = log_segments(s->log, info, n);
	r->segments = memory_new((n + 1) * sizeof(*r->segments));
	for (size_t i = 0; i < n; i++)
		r->segments[r->segment_count++] = (struct reclaim_segment){.number = info[i].number,
			.bytes = info[i].bytes,
			.candidate = info[i].sealed && info[i].number < s->reached.segment};
	qsort(r->segments, r->segment_count, sizeof(*r->segments), segment_cmp);
	for (size_t i = 0; i < r->segment_count; i++) {
		const struct segment_sample *known = find_sample(r, r->segments[i].number);

		if (known)
			r->segments[i].known = *known;
	}
	free(info);
}
