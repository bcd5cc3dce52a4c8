/* Owned, growable, capped bytes; and the number encodings of everything on disk and between processes. */
#include "base/buf.h"

#include <stdarg.h>

#include "base/memory.h"

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void buf_fini(struct buf *b)
{
	free(b->p);
	buf_init(b, b->max);
}

char *buf_grow(struct buf *b, size_t n)
{
	size_t want, cap;

	if (n > b->max || b->n > b->max - n) {
		b->over = true;
		return NULL;
	}
	want = b->n + n;
	if (want > b->cap || !b->p) {
		cap = b->cap ? b->cap : 64;
		while (cap < want)
			cap *= 2;
		if (cap > b->max)
			cap = b->max > want ? b->max : want;
		b->p = memory_resize(b->p, cap ? cap : 1);
		b->cap = cap;
	}
	return b->p + b->n;
}

enum fail buf_add_number(struct buf *b, uint64_t number)
{
	char digits[20];
	size_t n = sizeof digits;

	do {
		digits[--n] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	return buf_add(b, span(digits + n, sizeof digits - n));
}

enum fail buf_add_hex(struct buf *b, uint64_t number)
{
	char digits[16];
	size_t n = sizeof digits;

	do {
		digits[--n] = "0123456789abcdef"[number & 15];
		number >>= 4;
	} while (number);
	return buf_add(b, span(digits + n, sizeof digits - n));
}

/* Into the room that there is; what does not fit is printed once more. */
enum fail buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	size_t room = b->p ? b->cap - b->n : 0;
	char *to = room ? b->p + b->n : NULL;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(to, room, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n >= room) {
		to = buf_reserve(b, (size_t)n + 1);
		if (!to)
			return FAIL_TOO_BIG;
		va_start(ap, fmt);
		n = vsnprintf(to, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	if (n < 0)
		return FAIL_TOO_BIG;
	b->n += (size_t)n;
	return FAIL_NONE;
}

static enum fail add_big_endian(struct buf *b, uint64_t v, size_t bytes)
{
	char be[8];

	for (size_t i = 0; i < bytes; i++)
		be[i] = (char)(v >> (8 * (bytes - 1 - i)));
	return buf_add(b, span(be, bytes));
}

enum fail buf_add_u8(struct buf *b, uint8_t v)
{
	return add_big_endian(b, v, 1);
}

enum fail buf_add_u16(struct buf *b, uint16_t v)
{
	return add_big_endian(b, v, 2);
}

enum fail buf_add_u32(struct buf *b, uint32_t v)
{
	return add_big_endian(b, v, 4);
}

enum fail buf_add_u64(struct buf *b, uint64_t v)
{
	return add_big_endian(b, v, 8);
}

enum fail buf_add_varint(struct buf *b, uint64_t v)
{
	char out[10];
	size_t n = 0;

	while (v >= 0x80) {
		out[n++] = (char)(v | 0x80);
		v >>= 7;
	}
	out[n++] = (char)v;
	return buf_add(b, span(out, n));
}

enum fail buf_add_counted(struct buf *b, struct span s)
{
	size_t before = b->n;

	if (buf_add_varint(b, s.n) || buf_add(b, s)) {
		buf_truncate(b, before);
		return FAIL_TOO_BIG;
	}
	return FAIL_NONE;
}

void buf_consume(struct buf *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
		return;
	}
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

void buf_truncate(struct buf *b, size_t n)
{
	if (n < b->n)
		b->n = n;
}

static bool take_big_endian(struct span *s, size_t bytes, uint64_t *out)
{
	uint64_t v = 0;

	if (s->n < bytes)
		return false;
	for (size_t i = 0; i < bytes; i++)
		v = v << 8 | (unsigned char)s->p[i];
	*out = v;
	*s = span_skip(*s, bytes);
	return true;
}

bool span_take_u8(struct span *s, uint8_t *out)
{
	uint64_t v;

	if (!take_big_endian(s, 1, &v))
		return false;
	*out = (uint8_t)v;
	return true;
}

bool span_take_be16(struct span *s, uint16_t *out)
{
	uint64_t v;

	if (!take_big_endian(s, 2, &v))
		return false;
	*out = (uint16_t)v;
	return true;
}

bool span_take_be32(struct span *s, uint32_t *out)
{
	uint64_t v;

	if (!take_big_endian(s, 4, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

bool span_take_be64(struct span *s, uint64_t *out)
{
	return take_big_endian(s, 8, out);
}

bool span_take_long_varint(struct span *s, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s->n && i < 10; i++) {
		unsigned char c = (unsigned char)s->p[i];

		if (i == 9 && c > 1)
			return false;
		v |= (uint64_t)(c & 0x7f) << (7 * i);
		if (!(c & 0x80)) {
			*out = v;
			*s = span_skip(*s, i + 1);
			return true;
		}
	}
	return false;
}

bool span_take_counted(struct span *s, struct span *out)
{
	struct span rest = *s;
	uint64_t n;

	if (!span_take_varint(&rest, &n) || n > rest.n || !span_take_bytes(&rest, (size_t)n, out))
		return false;
	*s = rest;
	return true;
}
