/* Ranges of marks: see device_marks.h. Must never join two ranges of different times, nor mark a UID that nobody named. */
#include "store/device_marks.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void marks_fini(struct marks *m)
{
	free(m->at);
	*m = (struct marks){0};
}

static void make_room(struct marks *m, size_t n)
{
	if (n <= m->cap)
		return;
	m->cap = m->cap ? m->cap * 2 : 4;
	if (m->cap < n)
		m->cap = n;
	m->at = memory_resize_array(m->at, m->cap, sizeof(*m->at));
}

void marks_copy(struct marks *to, const struct marks *from)
{
	make_room(to, from->n);
	if (from->n)
		memcpy(to->at, from->at, from->n * sizeof(*to->at));
	to->n = from->n;
}

/* The first range that ends at `uid` or behind it. */
static size_t lower_bound(const struct marks *m, uint32_t uid)
{
	size_t lo = 0, hi = m->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->at[mid].last < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* In the place of `old` ranges from the i-th on. */
static void replace(struct marks *m, size_t i, size_t old, const struct mark *with, size_t n)
{
	make_room(m, m->n - old + n);
	if (m->n > i + old)
		memmove(&m->at[i + n], &m->at[i + old], (m->n - i - old) * sizeof(*m->at));
	for (size_t k = 0; k < n; k++)
		m->at[i + k] = with[k];
	m->n = m->n - old + n;
}

/* A neighbour that goes on where the other ends, at the same time, is part of it. */
static void join(struct marks *m, size_t i)
{
	if (i + 1 >= m->n || m->at[i].time != m->at[i + 1].time || m->at[i].last + 1 != m->at[i + 1].first)
		return;
	m->at[i].last = m->at[i + 1].last;
	replace(m, i + 1, 1, NULL, 0);
}

void marks_set(struct marks *m, uint32_t first, uint32_t last, uint32_t time)
{
	struct mark parts[3];
	size_t from = lower_bound(m, first), to = from, n = 0;

	if (!first || last < first)
		return;
	while (to < m->n && m->at[to].first <= last)
		to++;
	if (to > from && m->at[from].first < first)
		parts[n++] = (struct mark){m->at[from].first, first - 1, m->at[from].time};
	if (time)
		parts[n++] = (struct mark){first, last, time};
	if (to > from && m->at[to - 1].last > last)
		parts[n++] = (struct mark){last + 1, m->at[to - 1].last, m->at[to - 1].time};
	replace(m, from, to - from, parts, n);
	for (size_t k = n + 1; k-- > 0;)
		if (from + k >= 1)
			join(m, from + k - 1);
}

uint32_t marks_time(const struct marks *m, uint32_t uid)
{
	size_t i = lower_bound(m, uid);

	return i < m->n && m->at[i].first <= uid ? m->at[i].time : 0;
}

void marks_intersect(struct marks *m, const struct marks *with)
{
	struct marks both = {0};

	for (size_t i = 0, j = 0; i < m->n && j < with->n;) {
		const struct mark *a = &m->at[i], *b = &with->at[j];
		uint32_t first = a->first > b->first ? a->first : b->first;
		uint32_t last = a->last < b->last ? a->last : b->last;

		if (first <= last) {
			make_room(&both, both.n + 1);
			both.at[both.n++] = (struct mark){first, last, a->time};
		}
		if (a->last <= b->last)
			i++;
		else
			j++;
	}
	marks_fini(m);
	*m = both;
}

/* From `uid` on: the time there, and up to where it is the same. */
static uint32_t stretch(const struct marks *m, size_t *at, uint32_t uid, uint32_t *last_out)
{
	while (*at < m->n && m->at[*at].last < uid)
		++*at;
	if (*at == m->n) {
		*last_out = UINT32_MAX;
		return 0;
	}
	if (m->at[*at].first > uid) {
		*last_out = m->at[*at].first - 1;
		return 0;
	}
	*last_out = m->at[*at].last;
	return m->at[*at].time;
}

void marks_changes(const struct marks *was, const struct marks *now,
	void (*each)(void *context, uint32_t first, uint32_t last, uint32_t time), void *context)
{
	size_t i = 0, j = 0;
	uint32_t past = 0, a, b;

	do {
		uint32_t first = past + 1;
		uint32_t before = stretch(was, &i, first, &a), after = stretch(now, &j, first, &b);

		past = a < b ? a : b;
		if (before != after)
			each(context, first, past, after);
	} while (past < UINT32_MAX && (i < was->n || j < now->n));
}

void marks_encode(const struct marks *m, struct buf *out)
{
	uint32_t uid = 0;

	buf_add_varint(out, m->n);
	for (size_t i = 0; i < m->n; i++) {
		buf_add_varint(out, m->at[i].first - uid);
		buf_add_varint(out, m->at[i].last - m->at[i].first);
		buf_add_varint(out, m->at[i].time);
		uid = m->at[i].last;
	}
}

static bool take_mark(struct span *in, uint32_t after, struct mark *out)
{
	uint64_t gap, more, time;

	if (!span_take_varint(in, &gap) || !span_take_varint(in, &more) || !span_take_varint(in, &time))
		return false;
	if (!gap || gap > UINT32_MAX - after || more > UINT32_MAX - after - gap || !time || time > UINT32_MAX)
		return false;
	out->first = after + (uint32_t)gap;
	out->last = out->first + (uint32_t)more;
	out->time = (uint32_t)time;
	return true;
}

bool marks_decode(struct span *in, struct marks *out)
{
	uint64_t n;

	if (!span_take_varint(in, &n) || n > in->n)
		return false;
	make_room(out, (size_t)n);
	while (out->n < n) {
		if (!take_mark(in, out->n ? out->at[out->n - 1].last : 0, &out->at[out->n]))
			return false;
		out->n++;
	}
	return true;
}
