/* Marks that a device of POP3 has on messages: ranges of UIDs that ascend and do not touch one another, each with a time. A range may
 * cover UIDs that are gone, so that what a client has of a whole maildrop is one range. Pure: no store, no clock. */
#ifndef STORE_DEVICE_MARKS_H
#define STORE_DEVICE_MARKS_H

#include "base/buf.h"

struct mark {
	uint32_t first, last;
	uint32_t time; /* never 0 */
};
struct marks {
	struct mark *at;
	size_t n, cap;
};
void marks_fini(struct marks *m);                            /* leaves an empty, usable one; accepts a zeroed one */
void marks_copy(struct marks *to, const struct marks *from); /* in the place of what `to` has */
/* From `first` to `last` the mark is `time` from now on, whatever it was; 0: there is none. Told again, it comes to the same. */
void marks_set(struct marks *m, uint32_t first, uint32_t last, uint32_t time);
/* 0: `uid` has none. */
uint32_t marks_time(const struct marks *m, uint32_t uid);
/* Leaves in `m` what is in both; times are of `m`. */
void marks_intersect(struct marks *m, const struct marks *with);
/* Calls `each` for the ranges, ascending, in which `now` is other than `was`, with the time in `now` (0: none). */
void marks_changes(const struct marks *was, const struct marks *now,
	void (*each)(void *context, uint32_t first, uint32_t last, uint32_t time), void *context);
/* One value, for the index. marks_decode fills an empty one: false when malformed, and `out` may hold a part. */
void marks_encode(const struct marks *m, struct buf *out);
bool marks_decode(struct span *in, struct marks *out);

#endif
