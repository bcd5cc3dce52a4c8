/* A bucket is named by the position of the highest bit and the six bits behind it. */
#include "histogram.h"

static unsigned bucket_of(uint64_t ns)
{
	if (ns < HISTOGRAM_SHARES)
		return (unsigned)ns;
	unsigned high = 63 - (unsigned)__builtin_clzll(ns);
	return (high - 5) * HISTOGRAM_SHARES + (unsigned)(ns >> (high - 6)) - HISTOGRAM_SHARES;
}

static uint64_t bucket_end(unsigned bucket)
{
	if (bucket < HISTOGRAM_SHARES)
		return bucket;
	unsigned high = bucket / HISTOGRAM_SHARES + 5;
	uint64_t share = bucket % HISTOGRAM_SHARES + HISTOGRAM_SHARES + 1;
	return (share << (high - 6)) - 1;
}

void histogram_add(struct histogram *h, uint64_t ns)
{
	h->count++;
	h->sum += ns;
	h->bucket[bucket_of(ns)]++;
	if (ns > h->max)
		h->max = ns;
}

uint64_t histogram_share(const struct histogram *h, double share)
{
	uint64_t want = (uint64_t)(share * (double)h->count + 0.999999), seen = 0;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= want && seen > 0)
			return bucket_end(i) < h->max ? bucket_end(i) : h->max;
	}
	return h->max;
}
