/* Sequence sets and UID sets: RFC 3501 §9 sequence-set, RFC 4315 §4 uid-set. */
#ifndef IMAP_WIRE_SEQUENCE_H
#define IMAP_WIRE_SEQUENCE_H

#include "base/arena.h"
#include "base/buf.h"

enum { SEQUENCE_STAR = 0 /* '*', the largest number in use */, SEQUENCE_RANGES_MAX = 32768 };

struct sequence_range {
	uint32_t first, last; /* as written: not ordered, SEQUENCE_STAR possible */
};
struct sequence_set {
	struct sequence_range *at;
	size_t n;
	bool saved; /* "$": the result that was saved (RFC 5182), whatever the numbers mean; `n` is 0 */
};

/* Cuts a set off `*s`. False, nothing changed, when there is none, when it is malformed, or past SEQUENCE_RANGES_MAX. */
bool sequence_set_take(struct span *s, struct arena *arena, struct sequence_set *out);
/* Puts `star` (which may be 0: an empty mailbox, whose '*' is nothing) in the place of '*', orders each range, sorts, and joins what
 * touches or overlaps. In place; afterwards first <= last, ascending, no SEQUENCE_STAR. */
void sequence_set_resolve(struct sequence_set *set, uint32_t star);
/* Of a resolved set. */
bool sequence_set_has(const struct sequence_set *set, uint32_t n);
/* The largest number that is written in it (not of '*'); before or after resolving. */
uint32_t sequence_set_max(const struct sequence_set *set);

/* "1:5,9". A set as it is; and numbers in the order given, neighbours that ascend by one joined (COPYUID, APPENDUID). */
void print_sequence_set(struct buf *out, const struct sequence_set *set);
void print_uid_list(struct buf *out, const uint32_t *uids, size_t n);

#endif
