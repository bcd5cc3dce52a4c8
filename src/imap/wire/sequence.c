/* Sequence and UID sets. */
#include "imap/wire/sequence.h"

#include "base/memory.h"

static bool take_number(struct span *s, uint32_t *out)
{
	if (span_take(s, SPAN("*"))) {
		*out = SEQUENCE_STAR;
		return true;
	}
	return span_take_u32(s, out) && *out != 0;
}

static bool take_range(struct span *s, struct sequence_range *out)
{
	if (!take_number(s, &out->first))
		return false;
	out->last = out->first;
	return !span_take(s, SPAN(":")) || take_number(s, &out->last);
}

/* How many ranges `s` may start with at most: so that one allocation holds them. */
static size_t count_ranges(struct span s)
{
	size_t n = 1;

	for (size_t i = 0; i < s.n && s.p[i] != ' '; i++)
		n += s.p[i] == ',';
	return n;
}

bool sequence_set_take(struct span *s, struct arena *arena, struct sequence_set *out)
{
	struct span rest = *s;
	struct sequence_set set = {0};
	size_t room = count_ranges(rest);

	if (room > SEQUENCE_RANGES_MAX)
		return false;
	set.at = arena_alloc(arena, room * sizeof(*set.at));
	if (!set.at)
		return false;
	do {
		if (set.n == room || !take_range(&rest, &set.at[set.n]))
			return false;
		set.n++;
	} while (span_take(&rest, SPAN(",")));
	*s = rest;
	*out = set;
	return true;
}

static int by_first(const void *a, const void *b)
{
	const struct sequence_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

void sequence_set_resolve(struct sequence_set *set, uint32_t star)
{
	size_t kept = 0, n = 0;

	for (size_t i = 0; i < set->n; i++) {
		uint32_t first = set->at[i].first, last = set->at[i].last;

		if (first == SEQUENCE_STAR)
			first = star;
		if (last == SEQUENCE_STAR)
			last = star;
		/* In an empty mailbox '*' is 0, so "*" and "1:*" name nothing. */
		if (first == 0 || last == 0)
			continue;
		set->at[n++] = (struct sequence_range){first < last ? first : last, first < last ? last : first};
	}
	if (n)
		qsort(set->at, n, sizeof(*set->at), by_first);
	for (size_t i = 0; i < n; i++) {
		struct sequence_range r = set->at[i];

		if (kept && r.first - 1 <= set->at[kept - 1].last) {
			if (r.last > set->at[kept - 1].last)
				set->at[kept - 1].last = r.last;
		} else {
			set->at[kept++] = r;
		}
	}
	set->n = kept;
}

bool sequence_set_has(const struct sequence_set *set, uint32_t n)
{
	size_t low = 0, high = set->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (set->at[mid].last < n)
			low = mid + 1;
		else
			high = mid;
	}
	return low < set->n && set->at[low].first <= n;
}

uint32_t sequence_set_max(const struct sequence_set *set)
{
	uint32_t max = 0;

	for (size_t i = 0; i < set->n; i++) {
		if (set->at[i].first > max)
			max = set->at[i].first;
		if (set->at[i].last > max)
			max = set->at[i].last;
	}
	return max;
}

static void print_range(struct buf *out, uint32_t first, uint32_t last, bool comma)
{
	if (comma)
		buf_add_byte(out, ',');
	if (first == SEQUENCE_STAR)
		buf_add_byte(out, '*');
	else
		buf_addf(out, "%u", first);
	if (last == first)
		return;
	if (last == SEQUENCE_STAR)
		buf_add_lit(out, ":*");
	else
		buf_addf(out, ":%u", last);
}

void print_sequence_set(struct buf *out, const struct sequence_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		print_range(out, set->at[i].first, set->at[i].last, i > 0);
}

void print_uid_list(struct buf *out, const uint32_t *uids, size_t n)
{
	for (size_t i = 0, end; i < n; i = end) {
		end = i + 1;
		while (end < n && uids[end] == uids[end - 1] + 1 && uids[end] != 0)
			end++;
		print_range(out, uids[i], uids[end - 1], i > 0);
	}
}
