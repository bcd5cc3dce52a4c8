/* Folding and finding text for SEARCH. RFC 3501 §6.4.4; folding as in RFC 5051 and RFC 5198 (Unicode, utf8proc).
 * Never keeps more of a text than one piece and one needle. */
#include "imap/verb/search_text.h"

#include <utf8proc.h>

#include "base/utf8.h"

enum { DECOMPOSED_MAX = 32 }; /* code points that one can become; Unicode's longest is 18 */

static void fold_code(uint32_t code, struct buf *out)
{
	utf8proc_int32_t to[DECOMPOSED_MAX];
	int boundary = 0;
	utf8proc_ssize_t n = utf8proc_decompose_char(
		(utf8proc_int32_t)code, to, DECOMPOSED_MAX, UTF8PROC_CASEFOLD | UTF8PROC_DECOMPOSE, &boundary);

	if (n < 0 || n > DECOMPOSED_MAX) {
		utf8_add(out, code);
		return;
	}
	for (utf8proc_ssize_t i = 0; i < n; i++)
		utf8_add(out, (uint32_t)to[i]);
}

/* Eight octets of ASCII in lower case. */
static uint64_t lower8(uint64_t x)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t from_a = x + (0x80 - 'A') * ones, past_z = x + (0x80 - 'Z' - 1) * ones;

	return x | (((from_a ^ past_z) & 0x80 * ones) >> 2);
}

/* Cuts off the leading ASCII of `*text`; its lower case goes to `to`, which has room. The length. */
static size_t fold_ascii(struct span *text, char *to)
{
	size_t n = 0;

	for (uint64_t some[4]; n + sizeof some <= text->n; n += sizeof some) {
		memcpy(some, text->p + n, sizeof some);
		if ((some[0] | some[1] | some[2] | some[3]) & 0x8080808080808080u)
			break;
		for (size_t i = 0; i < ARRAY_LEN(some); i++)
			some[i] = lower8(some[i]);
		memcpy(to + n, some, sizeof some);
	}
	for (; n < text->n && (unsigned char)text->p[n] < 0x80; n++)
		to[n] = ascii_lower(text->p[n]);
	*text = span_skip(*text, n);
	return n;
}

/* For the code points of two and three octets: does folding leave it as it is? Asked of utf8proc once for each 256 of them. */
static bool stays(uint32_t code)
{
	static uint8_t known[256], same[256][32];
	uint8_t block = (uint8_t)(code >> 8);

	for (uint32_t i = 0; i < 256 && !known[block]; i++) {
		utf8proc_int32_t to[DECOMPOSED_MAX];
		utf8proc_int32_t from = (utf8proc_int32_t)((uint32_t)block << 8 | i);
		int boundary = 0;

		if (utf8proc_decompose_char(
			    from, to, DECOMPOSED_MAX, UTF8PROC_CASEFOLD | UTF8PROC_DECOMPOSE, &boundary) == 1 &&
			to[0] == from)
			same[block][i / 8] |= (uint8_t)(1u << (i % 8));
	}
	known[block] = 1;
	return same[block][(code & 255) / 8] >> (code % 8) & 1;
}

/* The code point of two or three octets at `p`, and how many; 0 when there is none. */
static size_t short_code(const unsigned char *p, size_t n, uint32_t *out)
{
	if (n >= 2 && p[0] >= 0xc2 && p[0] < 0xe0 && (p[1] & 0xc0) == 0x80) {
		*out = (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
		return 2;
	}
	if (n < 3 || (p[0] & 0xf0) != 0xe0 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80)
		return 0;
	*out = (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
	return *out >= 0x800 && (*out < 0xd800 || *out > 0xdfff) ? 3 : 0;
}

/* Cuts off the leading code points that folding leaves as they are. The length. */
static size_t copy_unchanged(struct span *text, char *to)
{
	size_t n = 0, length;
	uint32_t code;

	while ((length = short_code((const unsigned char *)text->p + n, text->n - n, &code)) > 0 && stays(code))
		n += length;
	memcpy(to, text->p, n);
	*text = span_skip(*text, n);
	return n;
}

/* The common case, text that keeps its length: into one piece of memory. */
static void fold_plain(struct span *text, struct buf *out)
{
	char *to = buf_reserve(out, text->n);
	size_t n = 0, more;

	if (!to) {
		text->n = 0;
		return;
	}
	do {
		more = fold_ascii(text, to + n);
		more += copy_unchanged(text, to + n + more);
		n += more;
	} while (more > 0);
	buf_commit(out, n);
}

void search_fold(struct span text, struct buf *out)
{
	while (text.n > 0) {
		uint32_t code = 0xfffd;

		fold_plain(&text, out);
		if (text.n == 0)
			break;
		if (!utf8_take(&text, &code))
			text = span_skip(text, 1);
		fold_code(code, out);
	}
}

bool search_finds(struct span text, struct span needle)
{
	if (needle.n == 0)
		return true;
	return needle.n <= text.n && memmem(text.p, text.n, needle.p, needle.n) != NULL;
}

/* ── ASCII as it stands ── */

bool search_is_ascii(struct span text)
{
	size_t n = 0;

	for (uint64_t some[4]; n + sizeof some <= text.n; n += sizeof some) {
		memcpy(some, text.p + n, sizeof some);
		if ((some[0] | some[1] | some[2] | some[3]) & 0x8080808080808080u)
			return false;
	}
	for (; n < text.n; n++)
		if ((unsigned char)text.p[n] >= 0x80)
			return false;
	return true;
}

static bool stands_at(const char *p, struct span needle)
{
	for (size_t i = 0; i < needle.n; i++)
		if (ascii_lower(p[i]) != needle.p[i])
			return false;
	return true;
}

/* In linear time, whatever the text. */
static bool finds_folded(struct span ascii, struct span needle)
{
	struct buf folded;
	bool found;

	buf_init(&folded, ascii.n);
	search_fold(ascii, &folded);
	found = search_finds(buf_span(&folded), needle);
	buf_fini(&folded);
	return found;
}

typedef uint8_t octets16 __attribute__((vector_size(16)));

/* An octet of the needle in 16 places at once, in either case. */
struct wanted_octet {
	octets16 octet, case_bit;
};

static struct wanted_octet wanted_octet(char c)
{
	uint8_t bit = c >= 'a' && c <= 'z' ? 0x20 : 0;

	return (struct wanted_octet){(octets16){0} + (uint8_t)c, (octets16){0} + bit};
}

static octets16 places_of(const struct wanted_octet *w, const char *p)
{
	octets16 here;

	memcpy(&here, p, sizeof(here));
	return (octets16)((here | w->case_bit) == w->octet);
}

static bool any_place(octets16 places)
{
	uint64_t halves[2];

	memcpy(halves, &places, sizeof(halves));
	return halves[0] | halves[1];
}

/* Looks closer where the needle's first and last octet stand; too often, and the slow way is the faster one. */
bool search_finds_ascii(struct span ascii, struct span needle)
{
	size_t i = 0, places, spare = ascii.n;
	struct wanted_octet first, last;

	if (needle.n == 0 || needle.n > ascii.n)
		return needle.n == 0;
	places = ascii.n - needle.n + 1;
	first = wanted_octet(needle.p[0]);
	last = wanted_octet(needle.p[needle.n - 1]);
	for (; i + sizeof(octets16) <= places; i += sizeof(octets16)) {
		octets16 at = places_of(&first, ascii.p + i) & places_of(&last, ascii.p + i + needle.n - 1);

		for (size_t k = 0; any_place(at) && k < sizeof(octets16); k++) {
			if (!at[k])
				continue;
			if (stands_at(ascii.p + i + k, needle))
				return true;
			if (spare < needle.n)
				return finds_folded(span_skip(ascii, i), needle);
			spare -= needle.n;
		}
	}
	return finds_folded(span_skip(ascii, i), needle);
}

void search_stream_init(struct search_stream *s, size_t longest)
{
	*s = (struct search_stream){.keep = longest > 0 ? longest - 1 : 0};
	/* one octet folds to at most three code points of four octets */
	buf_init(&s->window, s->keep + (SEARCH_PIECE_MAX + sizeof(s->held)) * 12);
}

void search_stream_fini(struct search_stream *s)
{
	buf_fini(&s->window);
}

void search_stream_break(struct search_stream *s)
{
	buf_reset(&s->window);
	s->held_n = 0;
}

/* Octets at the end of `text` that begin a code point whose rest has not come. */
static size_t cut_tail(struct span text)
{
	for (size_t back = 1; back <= 3 && back <= text.n; back++) {
		unsigned char c = (unsigned char)text.p[text.n - back];
		size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

		if ((c & 0xc0) != 0x80)
			return length > back ? back : 0;
	}
	return 0;
}

/* Completes the code point that was cut with the first octets of `*text`. False: it is still cut, all of `*text` is held. */
static bool join_held(struct search_stream *s, struct span *text)
{
	while (s->held_n > 0 && cut_tail(span(s->held, s->held_n)) > 0 && s->held_n < sizeof(s->held)) {
		if (text->n == 0)
			return false;
		if (((unsigned char)text->p[0] & 0xc0) != 0x80)
			break;
		s->held[s->held_n++] = text->p[0];
		*text = span_skip(*text, 1);
	}
	search_fold(span(s->held, s->held_n), &s->window);
	s->held_n = 0;
	return true;
}

void search_stream_feed(struct search_stream *s, struct span text)
{
	size_t tail;

	if (s->window.n > s->keep)
		buf_consume(&s->window, s->window.n - s->keep);
	if (!join_held(s, &text) || text.n == 0)
		return;
	tail = cut_tail(text);
	search_fold(span_first(text, text.n - tail), &s->window);
	memcpy(s->held, text.p + text.n - tail, tail);
	s->held_n = tail;
}
