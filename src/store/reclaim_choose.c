/* Which segments a round empties, and what the survey says in figures. Must never choose a segment that is no candidate, nor one that a body on its
 * way holds. */
#include "base/memory.h"
#include "store/reclaim_inner.h"

enum {
	MOST_DEFAULT = 1 << 30,
	MOST_LOW = 8 << 20,
	MOST_COMPRESSED = 256 << 20,
	COMPRESS_SLOWER = 4,
	PERCENT_STEP = 5,
};

static void keep_samples(struct reclaimer *r)
{
	free(r->samples);
	r->samples = memory_new((r->segment_count + 1) * sizeof(*r->samples));
	r->sample_count = 0;
	for (size_t i = 0; i < r->segment_count; i++) {
		struct reclaim_segment *g = &r->segments[i];

		g->known.segment = g->number;
		if (g->candidate && g->known.octets)
			r->samples[r->sample_count++] = g->known;
	}
}

static void take_figures(struct reclaimer *r)
{
	struct reclaim_figures *f = &r->figures;

	f->live_bytes = f->surveyed_bytes = 0;
	f->kept_bytes = r->survey.kept_bytes;
	for (size_t i = 0; i < r->segment_count; i++) {
		const struct reclaim_segment *g = &r->segments[i];

		f->surveyed_bytes += g->bytes;
		f->live_bytes += g->live < g->bytes ? g->live : g->bytes;
	}
}

static bool wanted(const struct reclaimer *r, const struct reclaim_segment *g, unsigned percent)
{
	if (g->purged && g->purged < r->order.purged_before)
		return true;
	if (r->order.percent >= 100)
		return true;
	return g->live * 100 < g->bytes * percent && g->bytes - g->live >= r->order.least;
}

/* Mail at rest that nobody has tried to compress. */
static bool worth_compressing(const struct reclaimer *r, const struct reclaim_segment *g)
{
	return r->order.compress && g->newest && g->newest < r->order.compress_before && g->plain * 2 > g->live;
}

/* When there is nothing else to do, and slowly. */
static void choose_to_compress(struct reclaimer *r)
{
	uint32_t held = body_hold_lowest(r->s);
	uint64_t left = store_disk_low(r->s) ? MOST_LOW : MOST_COMPRESSED;

	r->order.bytes_per_second = (r->order.bytes_per_second + COMPRESS_SLOWER - 1) / COMPRESS_SLOWER;
	for (size_t i = 0; i < r->segment_count; i++) {
		struct reclaim_segment *g = &r->segments[i];

		if (!g->candidate || g->number >= held || g->live > left || !worth_compressing(r, g))
			continue;
		g->victim = true;
		left -= g->live;
	}
}

/* The emptiest first. */
static void choose_emptiest(struct reclaimer *r)
{
	uint64_t most = r->order.most ? r->order.most : MOST_DEFAULT;
	/* On a disk that is nearly full what is won must come soon, out of the reserve. */
	uint64_t left = store_disk_low(r->s) && most > MOST_LOW ? MOST_LOW : most;
	uint32_t held = body_hold_lowest(r->s);

	for (unsigned percent = PERCENT_STEP;; percent += PERCENT_STEP) {
		if (percent > r->order.percent)
			percent = r->order.percent;
		for (size_t i = 0; i < r->segment_count; i++) {
			struct reclaim_segment *g = &r->segments[i];

			if (g->victim || !g->candidate || g->number >= held || g->live > left || !wanted(r, g, percent))
				continue;
			g->victim = true;
			left -= g->live;
		}
		if (percent >= r->order.percent)
			return;
	}
}

void reclaim_choose(struct reclaimer *r)
{
	keep_samples(r);
	take_figures(r);
	choose_emptiest(r);
	if (!reclaim_highest_victim(r))
		choose_to_compress(r);
}
