/* IMAP strings of header text. Must never write what a strict client cannot read: no bare CR, LF or 8-bit in quotes. */
#include "mime/quote.h"

static bool fits_quotes(struct span s, bool *plain_out)
{
	bool plain = true;

	if (s.n > MIME_QUOTED_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x80 || c == '\r' || c == '\n')
			return false;
		plain = plain && c != '"' && c != '\\' && c != 0;
	}
	*plain_out = plain;
	return true;
}

static void add_without_nul(struct buf *out, struct span s)
{
	char *dst = s.n ? buf_reserve(out, s.n) : NULL;

	for (size_t i = 0; dst && i < s.n; i++)
		dst[i] = s.p[i] ? s.p[i] : '?';
	if (dst)
		buf_commit(out, s.n);
}

static void add_escaped(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_add_byte(out, '\\');
		buf_add_byte(out, s.p[i] ? s.p[i] : '?');
	}
}

void mime_quote(struct buf *out, struct span s)
{
	bool plain;

	if (!fits_quotes(s, &plain)) {
		buf_addf(out, "{%zu}\r\n", s.n);
		add_without_nul(out, s);
		return;
	}
	buf_add_byte(out, '"');
	if (plain)
		buf_add(out, s);
	else
		add_escaped(out, s);
	buf_add_byte(out, '"');
}

void mime_quote_nil(struct buf *out, struct span s)
{
	if (s.p)
		mime_quote(out, s);
	else
		buf_add_lit(out, "NIL");
}

struct span mime_unfold(struct span value, struct buf *scratch)
{
	struct span s = span_trim(value);
	char *dst;
	size_t n = 0;

	if (!s.n)
		return SPAN("");
	if (span_find_byte(s, '\n') == SIZE_MAX && span_find_byte(s, '\r') == SIZE_MAX)
		return s;
	buf_reset(scratch);
	dst = buf_reserve(scratch, s.n);
	if (!dst)
		return SPAN("");
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\r' && s.p[i] != '\n')
			dst[n++] = s.p[i];
	buf_commit(scratch, n);
	return buf_span(scratch);
}
