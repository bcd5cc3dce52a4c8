/* Header text as people read it: RFC 2047 encoded words with RFC 2231 §5's language, anywhere in the text, since that is
 * where mailers put them; raw octets as RFC 6532 says. Neighbours of one charset are one stream of octets, so that a
 * character cut in two becomes whole again. Must never search twice for an end that is not there. */
#include "mime/header.h"

#include "mime/charset.h"
#include "mime/transfer.h"

enum { CHARSET_NAME_MAX = 80 };

struct encoded_word {
	struct span charset, text;
	char encoding; /* 'b' or 'q' */
};

struct text_reading {
	struct span rest;
	struct buf *out;
	struct mime_charset charset;
	struct span charset_name; /* of the stream that is open */
	bool is_open;
	bool no_end_left; /* there is no "?=" in what is left */
};

/* Cuts "=?charset?B?text?=" off. */
static bool take_word(struct text_reading *r, struct encoded_word *out)
{
	struct span s = r->rest, head;
	size_t end;

	if (r->no_end_left || !span_take(&s, SPAN("=?")))
		return false;
	head = span_first(s, CHARSET_NAME_MAX);
	end = span_find_byte(head, '?');
	if (end == SIZE_MAX || end == 0 || s.n < end + 3 || s.p[end + 2] != '?')
		return false;
	out->charset = span_first(s, end);
	out->encoding = ascii_lower(s.p[end + 1]);
	if (out->encoding != 'b' && out->encoding != 'q')
		return false;
	s = span_skip(s, end + 3);
	end = span_find(s, SPAN("?="));
	r->no_end_left = end == SIZE_MAX;
	if (r->no_end_left)
		return false;
	out->text = span_first(s, end);
	r->rest = span_skip(s, end + 2);
	return true;
}

static void close_stream(struct text_reading *r)
{
	if (!r->is_open)
		return;
	mime_charset_end(&r->charset, r->out);
	mime_charset_close(&r->charset);
	r->is_open = false;
}

static void open_stream(struct text_reading *r, struct span charset)
{
	if (r->is_open && span_eq_nocase(r->charset_name, charset))
		return;
	close_stream(r);
	mime_charset_open(&r->charset, charset);
	r->charset_name = charset;
	r->is_open = true;
}

/* RFC 2047 §4.2: "_" is a blank, "=XX" an octet. Line ends inside (not allowed, but folded so) are left out. */
static void decode_q(struct text_reading *r, struct span s)
{
	char octets[256];
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '\r' || c == '\n')
			continue;
		if (c == '=' && i + 2 < s.n && mime_hex_value(s.p[i + 1]) >= 0 && mime_hex_value(s.p[i + 2]) >= 0) {
			c = (char)(mime_hex_value(s.p[i + 1]) * 16 + mime_hex_value(s.p[i + 2]));
			i += 2;
		} else if (c == '_') {
			c = ' ';
		}
		octets[n++] = c;
		if (n == sizeof octets) {
			mime_charset_feed(&r->charset, span(octets, n), r->out);
			n = 0;
		}
	}
	mime_charset_feed(&r->charset, span(octets, n), r->out);
}

static void decode_b(struct text_reading *r, struct span s)
{
	struct mime_transfer t;
	struct buf octets;

	mime_transfer_init(&t, SPAN("base64"));
	buf_init(&octets, s.n + MIME_TRANSFER_HELD);
	mime_transfer_feed(&t, s, &octets);
	mime_transfer_end(&t, &octets);
	mime_charset_feed(&r->charset, buf_span(&octets), r->out);
	buf_fini(&octets);
}

static size_t blanks_at(struct span s)
{
	size_t n = 0;

	while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t' || s.p[n] == '\r' || s.p[n] == '\n'))
		n++;
	return n;
}

/* Blanks between two encoded words are not text (RFC 2047 §6.2). */
static void read_words(struct text_reading *r, struct encoded_word *word)
{
	size_t blanks;
	struct span before;

	do {
		open_stream(r, word->charset);
		if (word->encoding == 'q')
			decode_q(r, word->text);
		else
			decode_b(r, word->text);
		before = r->rest;
		blanks = blanks_at(r->rest);
		r->rest = span_skip(r->rest, blanks);
	} while (take_word(r, word));
	r->rest = before;
	close_stream(r);
}

/* Octets up to the next "=?" that may begin a word, without the line ends of folding. */
static void read_raw(struct text_reading *r)
{
	size_t end = r->no_end_left ? r->rest.n : 1;
	struct span raw;

	while (end < r->rest.n && !(r->rest.p[end] == '=' && end + 1 < r->rest.n && r->rest.p[end + 1] == '?'))
		end++;
	raw = span_first(r->rest, end);
	r->rest = span_skip(r->rest, end);
	open_stream(r, SPAN(""));
	while (raw.n) {
		size_t n = 0;

		while (n < raw.n && raw.p[n] != '\r' && raw.p[n] != '\n')
			n++;
		mime_charset_feed(&r->charset, span_first(raw, n), r->out);
		raw = span_skip(raw, n + 1);
	}
}

void mime_text_decode(struct span value, struct buf *out)
{
	struct text_reading r = {.rest = span_trim(value), .out = out};
	struct encoded_word word;

	while (r.rest.n && !out->over) {
		if (take_word(&r, &word))
			read_words(&r, &word);
		else
			read_raw(&r);
	}
	close_stream(&r);
}
