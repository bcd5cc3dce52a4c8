/* base64 and hex. */
#include "base/ascii_code.h"

static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum fail base64_encode(struct span in, struct buf *out)
{
	char *dst = buf_reserve(out, (in.n + 2) / 3 * 4);
	size_t n = 0;

	if (!dst)
		return FAIL_TOO_BIG;
	for (size_t i = 0; i < in.n; i += 3) {
		size_t left = in.n - i;
		uint32_t v = (uint32_t)(unsigned char)in.p[i] << 16;

		if (left > 1)
			v |= (uint32_t)(unsigned char)in.p[i + 1] << 8;
		if (left > 2)
			v |= (unsigned char)in.p[i + 2];
		dst[n++] = digits64[v >> 18];
		dst[n++] = digits64[v >> 12 & 63];
		dst[n++] = left > 1 ? digits64[v >> 6 & 63] : '=';
		dst[n++] = left > 2 ? digits64[v & 63] : '=';
	}
	buf_commit(out, n);
	return FAIL_NONE;
}

static int value64(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters to one to three bytes; 0 on a bad group. */
static size_t decode_group(const char *in, char *dst)
{
	int a = value64(in[0]), b = value64(in[1]), c = value64(in[2]), d = value64(in[3]);
	size_t n = in[2] == '=' ? 1 : in[3] == '=' ? 2 : 3;

	if (a < 0 || b < 0 || (n > 1 && c < 0) || (n > 2 && d < 0) || (n == 1 && in[3] != '='))
		return 0;
	if ((n == 1 && (b & 15)) || (n == 2 && (c & 3)))
		return 0;
	dst[0] = (char)(a << 2 | b >> 4);
	if (n > 1)
		dst[1] = (char)(b << 4 | c >> 2);
	if (n > 2)
		dst[2] = (char)(c << 6 | d);
	return n;
}

enum fail base64_decode(struct span in, struct buf *out)
{
	size_t start = out->n;

	if (in.n % 4)
		return FAIL_SYNTAX;
	for (size_t i = 0; i < in.n; i += 4) {
		char three[3];
		size_t n = decode_group(in.p + i, three);

		if (n == 0 || (n < 3 && i + 4 != in.n)) {
			buf_truncate(out, start);
			return FAIL_SYNTAX;
		}
		if (buf_add(out, span(three, n)))
			return FAIL_TOO_BIG;
	}
	return FAIL_NONE;
}

enum fail hex_encode(struct span in, struct buf *out)
{
	char *dst = buf_reserve(out, in.n * 2);

	if (!dst)
		return FAIL_TOO_BIG;
	for (size_t i = 0; i < in.n; i++) {
		dst[2 * i] = "0123456789abcdef"[(unsigned char)in.p[i] >> 4];
		dst[2 * i + 1] = "0123456789abcdef"[in.p[i] & 15];
	}
	buf_commit(out, in.n * 2);
	return FAIL_NONE;
}

static int value16(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum fail hex_decode(struct span in, struct buf *out)
{
	char *dst;

	if (in.n % 2)
		return FAIL_SYNTAX;
	dst = buf_reserve(out, in.n / 2);
	if (!dst)
		return FAIL_TOO_BIG;
	for (size_t i = 0; i < in.n; i += 2) {
		int hi = value16(in.p[i]), lo = value16(in.p[i + 1]);

		if (hi < 0 || lo < 0)
			return FAIL_SYNTAX;
		dst[i / 2] = (char)(hi << 4 | lo);
	}
	buf_commit(out, in.n / 2);
	return FAIL_NONE;
}
