/* UTF-8, strictly. */
#include "base/utf8.h"

static size_t sequence_length(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef)
		return 3;
	return c >= 0xf0 && c <= 0xf4 ? 4 : 0;
}

bool utf8_take(struct span *s, uint32_t *out)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n;
	uint32_t v;

	if (!s->n)
		return false;
	n = sequence_length((unsigned char)s->p[0]);
	if (n == 0 || n > s->n)
		return false;
	v = n == 1 ? (unsigned char)s->p[0] : (unsigned char)s->p[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)s->p[i] & 0xc0) != 0x80)
			return false;
		v = v << 6 | ((unsigned char)s->p[i] & 0x3f);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return false;
	*out = v;
	*s = span_skip(*s, n);
	return true;
}

bool utf8_valid(struct span s)
{
	uint32_t code;

	while (s.n)
		if (!utf8_take(&s, &code))
			return false;
	return true;
}

bool span_is_ascii(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

enum fail utf8_add(struct buf *b, uint32_t v)
{
	char out[4];
	size_t n;

	if (v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		v = 0xfffd;
	n = v < 0x80 ? 1 : v < 0x800 ? 2 : v < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, v >>= 6)
		out[i] = (char)(0x80 | (v & 0x3f));
	out[0] = (char)(n == 1 ? v : (0xf00u >> n & 0xff) | v);
	return buf_add(b, span(out, n));
}
