/* base64 (RFC 2045 §6.8) and quoted-printable (§6.7). Broken input passes as far as it makes sense: octets outside the
 * base64 alphabet are skipped, an "=" that begins no code stands for itself. Must never hold more than a few bytes. */
#include "mime/transfer.h"

void mime_transfer_init(struct mime_transfer *t, struct span name)
{
	*t = (struct mime_transfer){.kind = MIME_IDENTITY};
	if (span_eq_nocase(name, SPAN("base64")))
		t->kind = MIME_BASE64;
	else if (span_eq_nocase(name, SPAN("quoted-printable")))
		t->kind = MIME_QUOTED_PRINTABLE;
}

int mime_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum { PADDING = 64, OTHER = 65 };

/* The alphabet of RFC 2045 §6.8, Table 1, by ASCII code. */
// clang-format off
static const unsigned char sextets_of[128] = {
	65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65,
	65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65,
	65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 62, 65, 65, 65, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 65, 65, 65, 64, 65, 65,
	65,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 65, 65, 65, 65, 65,
	65, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 65, 65, 65, 65, 65,
};
// clang-format on

static unsigned sextet_of(char c)
{
	return (unsigned char)c < 128 ? sextets_of[(unsigned char)c] : OTHER;
}

/* Whole quanta, as nearly all of a body is. Returns how many octets of `in` they were. */
static size_t decode_quanta(struct span in, char **to)
{
	size_t i = 0;

	for (; i + 4 <= in.n; i += 4) {
		unsigned a = sextet_of(in.p[i]), b = sextet_of(in.p[i + 1]), c = sextet_of(in.p[i + 2]),
			 d = sextet_of(in.p[i + 3]);
		uint32_t bits = a << 18 | b << 12 | c << 6 | d;

		if ((a | b | c | d) >= PADDING)
			break;
		*(*to)++ = (char)(bits >> 16);
		*(*to)++ = (char)(bits >> 8);
		*(*to)++ = (char)bits;
	}
	return i;
}

/* What is left before padding or at the end: two or three sextets are one or two octets. */
static void end_quantum(struct mime_transfer *t, struct buf *out)
{
	if (t->sextets >= 2)
		buf_add_byte(out, (char)(t->bits >> (t->sextets == 2 ? 4 : 10)));
	if (t->sextets == 3)
		buf_add_byte(out, (char)(t->bits >> 2));
	t->sextets = 0;
	t->bits = 0;
}

static void feed_base64(struct mime_transfer *t, struct span in, struct buf *out)
{
	char *dst = buf_reserve(out, in.n + 4), *to = dst;

	if (!dst)
		return;
	for (size_t i = 0; i < in.n; i++) {
		unsigned v;

		if (!t->sextets)
			i += decode_quanta(span_skip(in, i), &to);
		v = i < in.n ? sextet_of(in.p[i]) : OTHER;
		if (v == OTHER)
			continue;
		if (v == PADDING) { /* bodies put together of several keep decoding after it */
			buf_commit(out, (size_t)(to - dst));
			end_quantum(t, out);
			dst = to = buf_reserve(out, in.n - i + 4);
			if (!dst)
				return;
			continue;
		}
		t->bits = t->bits << 6 | v;
		if (++t->sextets == 4) {
			*to++ = (char)(t->bits >> 16);
			*to++ = (char)(t->bits >> 8);
			*to++ = (char)t->bits;
			t->sextets = 0;
			t->bits = 0;
		}
	}
	buf_commit(out, (size_t)(to - dst));
}

static void release_held(struct mime_transfer *t, struct buf *out)
{
	buf_add(out, span(t->held, t->held_n));
	t->held_n = 0;
}

/* After "=": a code, a soft line break, blanks before one; anything else makes the "=" a mere "=". */
static void feed_after_equals(struct mime_transfer *t, char c, struct buf *out)
{
	char second = t->held_n > 1 ? t->held[1] : 0;
	bool blank = c == ' ' || c == '\t' || c == '\r';

	if (mime_hex_value(second) >= 0 && mime_hex_value(c) >= 0) {
		buf_add_byte(out, (char)(mime_hex_value(second) * 16 + mime_hex_value(c)));
		t->held_n = 0;
		return;
	}
	if (c == '\n' && mime_hex_value(second) < 0) {
		t->held_n = 0;
		return;
	}
	if (t->held_n < MIME_TRANSFER_HELD &&
		((t->held_n == 1 && mime_hex_value(c) >= 0) || (blank && mime_hex_value(second) < 0))) {
		t->held[t->held_n++] = c;
		return;
	}
	release_held(t, out);
	mime_transfer_feed(t, span(&c, 1), out);
}

/* Blanks at the end of a line are not the writer's (RFC 2045 §6.7 rule 3). */
static void feed_after_blanks(struct mime_transfer *t, char c, struct buf *out)
{
	bool blank = c == ' ' || c == '\t';

	if (blank && t->held_n < MIME_TRANSFER_HELD) {
		t->held[t->held_n++] = c;
		return;
	}
	if (c == '\r' || c == '\n')
		t->held_n = 0;
	release_held(t, out);
	if (c == '=' || blank)
		t->held[t->held_n++] = c;
	else
		buf_add_byte(out, c);
}

static void feed_quoted_printable(struct mime_transfer *t, struct span in, struct buf *out)
{
	for (size_t i = 0; i < in.n; i++) {
		size_t plain = i;

		if (t->held_n) {
			(t->held[0] == '=' ? feed_after_equals : feed_after_blanks)(t, in.p[i], out);
			continue;
		}
		while (plain < in.n && in.p[plain] != '=' && in.p[plain] != ' ' && in.p[plain] != '\t')
			plain++;
		buf_add(out, span(in.p + i, plain - i));
		if (plain < in.n)
			t->held[t->held_n++] = in.p[plain];
		i = plain;
	}
}

void mime_transfer_feed(struct mime_transfer *t, struct span in, struct buf *out)
{
	switch (t->kind) {
	case MIME_BASE64: feed_base64(t, in, out); break;
	case MIME_QUOTED_PRINTABLE: feed_quoted_printable(t, in, out); break;
	default: buf_add(out, in);
	}
}

void mime_transfer_end(struct mime_transfer *t, struct buf *out)
{
	if (t->kind == MIME_BASE64)
		end_quantum(t, out);
	if (t->held_n > 1 || (t->held_n && t->held[0] != '='))
		release_held(t, out);
	t->held_n = 0;
}
