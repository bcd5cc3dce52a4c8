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

/* The leading ASCII of `*text`, in lower case. */
static void fold_ascii(struct span *text, struct buf *out)
{
	size_t n = 0;
	char *to;

	while (n < text->n && (unsigned char)text->p[n] < 0x80)
		n++;
	if (n == 0)
		return;
	to = buf_reserve(out, n);
	if (!to)
		n = 0;
	for (size_t i = 0; i < n; i++)
		to[i] = ascii_lower(text->p[i]);
	if (to)
		buf_commit(out, n);
	*text = to ? span_skip(*text, n) : span(text->p, 0);
}

void search_fold(struct span text, struct buf *out)
{
	while (text.n > 0) {
		uint32_t code = 0xfffd;

		fold_ascii(&text, out);
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
	if (!join_held(s, &text))
		return;
	tail = cut_tail(text);
	search_fold(span_first(text, text.n - tail), &s->window);
	memcpy(s->held, text.p + text.n - tail, tail);
	s->held_n = tail;
}
