/* From the charsets of charset.def to UTF-8. UTF-8 itself is checked here, the others are iconv's work. Broken input
 * gives U+FFFD (or Latin-1, where no charset is known). Must never ask iconv for a name that a peer wrote. */
#include "mime/charset.h"

#include <errno.h>

#include "base/utf8.h"
#include "mime/decode.h"

static const struct {
	struct span name;
	const char *iconv_name;
	bool is_jis;
} charsets[] = {
#define CHARSET(name, iconv_name) {{name, sizeof(name) - 1}, iconv_name, false},
#define ISO_2022_JP(name)         {{name, sizeof(name) - 1}, "EUC-JP-MS", true},
#include "mime/charset.def"
#undef ISO_2022_JP
#undef CHARSET
};

enum { CHARSETS = sizeof charsets / sizeof *charsets, PIECE = 512 };

static const iconv_t no_iconv = (iconv_t)-1;

void mime_charset_open(struct mime_charset *c, struct span name)
{
	*c = (struct mime_charset){0};
	if (span_find_byte(name, '*') != SIZE_MAX)
		name = span_first(name, span_find_byte(name, '*'));
	name = span_trim(name);
	c->is_utf8 = span_eq_nocase(name, SPAN("utf-8")) || span_eq_nocase(name, SPAN("utf8"));
	if (c->is_utf8 || name.n == 0)
		return; /* nearly all mail */
	for (size_t i = 0; i < CHARSETS; i++) {
		if (!span_eq_nocase(name, charsets[i].name))
			continue;
		c->iconv = iconv_open("UTF-8", charsets[i].iconv_name);
		c->uses_iconv = c->iconv != no_iconv;
		c->is_jis = charsets[i].is_jis;
		return;
	}
}

void mime_charset_close(struct mime_charset *c)
{
	if (c->uses_iconv)
		iconv_close(c->iconv);
	c->uses_iconv = false;
}

static bool same_as_before(size_t i)
{
	return i && span_eq(span_of(charsets[i].iconv_name), span_of(charsets[i - 1].iconv_name));
}

size_t mime_charsets_preload(void)
{
	static iconv_t kept[CHARSETS]; /* open for ever: that is what keeps their modules loaded */
	static bool done;
	size_t missing = 0;

	for (size_t i = 0; i < CHARSETS; i++) {
		if (!done && !same_as_before(i))
			kept[i] = iconv_open("UTF-8", charsets[i].iconv_name);
		missing += kept[i] == no_iconv;
	}
	done = true;
	return missing;
}

/* Appends UTF-8 as far as it fits, whole characters only; nothing after the first cut. */
static void add_cut(struct buf *out, struct span s)
{
	size_t room = out->max - out->n;

	if (out->over)
		return;
	if (s.n > room) {
		while (room && ((unsigned char)s.p[room] & 0xc0) == 0x80)
			room--;
		buf_add(out, span_first(s, room));
		out->over = true;
		return;
	}
	buf_add(out, s);
}

static void add_code(struct buf *out, uint32_t code)
{
	char room[8];
	struct buf one = {.p = room, .cap = sizeof room, .max = sizeof room};

	utf8_add(&one, code);
	add_cut(out, buf_span(&one));
}

/* Octets of the character that begins with `lead` (RFC 3629 §4); 1 for what begins none. */
static size_t sequence_length(unsigned char lead)
{
	if (lead < 0xc2 || lead > 0xf4)
		return 1;
	if (lead < 0xe0)
		return 2;
	return lead < 0xf0 ? 3 : 4;
}

/* The start of a character of which more may come. */
static bool is_begun(struct span s)
{
	for (size_t i = 1; i < s.n; i++)
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			return false;
	return s.n < sequence_length((unsigned char)s.p[0]);
}

/* How many octets at the start of `s` are ASCII. */
static size_t ascii_length(struct span s)
{
	size_t n = 0;

	for (uint64_t some[4]; n + sizeof some <= s.n; n += sizeof some) {
		memcpy(some, s.p + n, sizeof some);
		if ((some[0] | some[1] | some[2] | some[3]) & 0x8080808080808080u)
			break;
	}
	while (n < s.n && (unsigned char)s.p[n] < 0x80)
		n++;
	return n;
}

/* How many octets at the start of `s` are valid UTF-8. */
static size_t valid_length(struct span s)
{
	struct span rest = s;
	uint32_t code;

	do
		rest = span_skip(rest, ascii_length(rest));
	while (rest.n && utf8_take(&rest, &code));
	return s.n - rest.n;
}

/* Converts `in`, returns what is left because a character is not whole; `last` leaves nothing. */
static struct span convert_utf8(const struct mime_charset *c, struct span in, struct buf *out, bool last)
{
	while (in.n) {
		size_t valid = valid_length(in);

		add_cut(out, span_first(in, valid));
		in = span_skip(in, valid);
		if (!in.n || (!last && is_begun(in)))
			break;
		add_code(out, c->is_utf8 ? 0xfffd : (unsigned char)*in.p);
		in = span_skip(in, 1);
	}
	return in;
}

static struct span convert_iconv(const struct mime_charset *c, struct span in, struct buf *out, bool last)
{
	char *from = (char *)in.p, *end = from + in.n;

	while (from < end) {
		char piece[PIECE], *to = piece;
		size_t from_n = (size_t)(end - from), room = sizeof piece;
		size_t r = iconv(c->iconv, &from, &from_n, &to, &room);
		int error = r == (size_t)-1 ? errno : 0;

		add_cut(out, span(piece, (size_t)(to - piece)));
		if (error == EINVAL && !last && from_n < MIME_CHARSET_HELD)
			break;
		if (error && error != E2BIG) {
			add_code(out, 0xfffd);
			from++;
		}
	}
	return span(from, (size_t)(end - from));
}

static struct span convert(const struct mime_charset *c, struct span in, struct buf *out, bool last)
{
	return (c->uses_iconv ? convert_iconv : convert_utf8)(c, in, out, last);
}

static void hold(struct mime_charset *c, struct span rest)
{
	memmove(c->held, rest.p, rest.n);
	c->held_n = rest.n;
}

static void feed(struct mime_charset *c, struct span in, struct buf *out)
{
	while (c->held_n && in.n) { /* with a little of what comes, what was held becomes whole */
		char joined[2 * MIME_CHARSET_HELD];
		size_t more = in.n < MIME_CHARSET_HELD ? in.n : MIME_CHARSET_HELD;
		struct span rest;

		memcpy(joined, c->held, c->held_n);
		memcpy(joined + c->held_n, in.p, more);
		rest = convert(c, span(joined, c->held_n + more), out, false);
		in = span_skip(in, more);
		hold(c, rest);
	}
	if (in.n)
		hold(c, convert(c, in, out, false));
}

/* `last`: nothing follows in this text. */
static void feed_jis(struct mime_charset *c, struct span in, struct buf *out, bool last)
{
	char room[MIME_JIS_GROWTH * (PIECE + 4)];

	do {
		struct buf euc = {.p = room, .cap = sizeof room, .max = sizeof room};

		mime_jis_feed(&c->jis, span_first(in, PIECE), &euc);
		in = span_skip(in, PIECE);
		if (last)
			mime_jis_end(&c->jis, &euc);
		feed(c, buf_span(&euc), out);
	} while (in.n);
}

void mime_charset_feed(struct mime_charset *c, struct span in, struct buf *out)
{
	if (c->is_jis)
		feed_jis(c, in, out, false);
	else
		feed(c, in, out);
}

void mime_charset_end(struct mime_charset *c, struct buf *out)
{
	if (c->is_jis)
		feed_jis(c, SPAN(""), out, true);
	convert(c, span(c->held, c->held_n), out, true);
	c->held_n = 0;
	if (c->uses_iconv) {
		char piece[PIECE], *to = piece;
		size_t room = sizeof piece;

		iconv(c->iconv, NULL, NULL, &to, &room);
		add_cut(out, span(piece, (size_t)(to - piece)));
		iconv(c->iconv, NULL, NULL, NULL, NULL);
	}
}
