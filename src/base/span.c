/* Borrowed bytes: comparing, cutting, reading numbers. */
#include "base/span.h"

bool span_eq_nocase(struct span a, struct span b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

bool span_starts_nocase(struct span s, struct span prefix)
{
	return s.n >= prefix.n && span_eq_nocase(span_first(s, prefix.n), prefix);
}

bool span_ends(struct span s, struct span suffix)
{
	return s.n >= suffix.n && span_eq(span_skip(s, s.n - suffix.n), suffix);
}

int span_cmp(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

size_t span_find(struct span s, struct span needle)
{
	const char *hit;

	if (needle.n == 0)
		return 0;
	if (s.n < needle.n)
		return SIZE_MAX;
	hit = memmem(s.p, s.n, needle.p, needle.n);
	return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

size_t span_find_byte(struct span s, char c)
{
	const char *hit = s.n ? memchr(s.p, c, s.n) : NULL;

	return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span s)
{
	while (s.n && is_blank(s.p[0]))
		s = span_skip(s, 1);
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool span_take_until(struct span *s, char c, struct span *out)
{
	size_t at = span_find_byte(*s, c);

	if (at == SIZE_MAX)
		return false;
	*out = span_first(*s, at);
	*s = span_skip(*s, at + 1);
	return true;
}

bool span_take(struct span *s, struct span prefix)
{
	if (!span_starts(*s, prefix))
		return false;
	*s = span_skip(*s, prefix.n);
	return true;
}

bool span_take_nocase(struct span *s, struct span prefix)
{
	if (!span_starts_nocase(*s, prefix))
		return false;
	*s = span_skip(*s, prefix.n);
	return true;
}

bool span_take_word(struct span *s, struct span *out)
{
	size_t n = 0;

	while (s->n && s->p[0] == ' ')
		*s = span_skip(*s, 1);
	while (n < s->n && s->p[n] != ' ')
		n++;
	if (n == 0)
		return false;
	*out = span_first(*s, n);
	*s = span_skip(*s, n);
	return true;
}

bool span_take_u64(struct span *s, uint64_t *out)
{
	uint64_t v = 0;
	size_t n = 0;

	for (; n < s->n && s->p[n] >= '0' && s->p[n] <= '9'; n++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(s->p[n] - '0'), &v))
			return false;
	if (n == 0)
		return false;
	*out = v;
	*s = span_skip(*s, n);
	return true;
}

bool span_take_u32(struct span *s, uint32_t *out)
{
	struct span rest = *s;
	uint64_t v;

	if (!span_take_u64(&rest, &v) || v > UINT32_MAX)
		return false;
	*out = (uint32_t)v;
	*s = rest;
	return true;
}

bool span_u64(struct span s, uint64_t *out)
{
	uint64_t v;

	if (!span_take_u64(&s, &v) || s.n)
		return false;
	*out = v;
	return true;
}

bool span_u32(struct span s, uint32_t *out)
{
	uint64_t v;

	if (!span_u64(s, &v) || v > UINT32_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

bool span_cstr(struct span s, char *dst, size_t size)
{
	if (s.n >= size || span_find_byte(s, '\0') != SIZE_MAX)
		return false;
	if (s.n)
		memcpy(dst, s.p, s.n);
	dst[s.n] = '\0';
	return true;
}
