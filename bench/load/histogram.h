/* Durations in nanoseconds, kept as counts in buckets 1.6% wide: a run of any length costs the same memory, and a
 * percentile is exact to the width of its bucket. The greatest value is kept exactly. */
#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_SHARES = 64, HISTOGRAM_BUCKETS = 59 * HISTOGRAM_SHARES };

struct histogram {
	uint64_t count, max, sum;
	uint32_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, uint64_t ns);
/* The value that `share` (0 to 1) of all values do not exceed; 0 of an empty one. */
uint64_t histogram_share(const struct histogram *h, double share);

#endif
