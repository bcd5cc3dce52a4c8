/* Printing of strings. */
#include "imap/wire/print.h"

#include "base/utf8.h"
#include "imap/wire/chars.h"
#include "imap/wire/mailbox_name.h"

enum { QUOTED_MAX = 1024, TEXT_MAX = 400 };

static bool can_quote(struct span s)
{
	if (s.n > QUOTED_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80 || s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\0')
			return false;
	return true;
}

static void print_quoted(struct buf *out, struct span s)
{
	size_t from = 0;

	buf_add_byte(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '"' && s.p[i] != '\\')
			continue;
		buf_add(out, span(s.p + from, i - from));
		buf_add_byte(out, '\\');
		from = i;
	}
	buf_add(out, span_skip(s, from));
	buf_add_byte(out, '"');
}

static void print_literal(struct buf *out, struct span s)
{
	char *dst;

	buf_addf(out, "{%zu}\r\n", s.n);
	dst = buf_reserve(out, s.n);
	if (!dst)
		return;
	for (size_t i = 0; i < s.n; i++)
		dst[i] = s.p[i] ? s.p[i] : '?';
	buf_commit(out, s.n);
}

void print_string(struct buf *out, struct span s)
{
	if (can_quote(s))
		print_quoted(out, s);
	else
		print_literal(out, s);
}

void print_nstring(struct buf *out, struct span s)
{
	if (s.p)
		print_string(out, s);
	else
		buf_add_lit(out, "NIL");
}

void print_astring(struct buf *out, struct span s)
{
	bool atom = s.n > 0 && s.n <= QUOTED_MAX && !span_eq_nocase(s, SPAN("NIL"));

	for (size_t i = 0; i < s.n && atom; i++)
		atom = is_atom_char(s.p[i]);
	if (atom)
		buf_add(out, s);
	else
		print_string(out, s);
}

void print_mailbox(struct buf *out, struct span name, bool utf8)
{
	struct buf wire;

	if (utf8 && !span_is_ascii(name)) { /* a stored name has no control characters, and is short */
		print_quoted(out, name);
		return;
	}
	/* At worst, of one octet come "&", three digits and "-". */
	buf_init(&wire, name.n * 5 + 8);
	if (!utf8 && mailbox_name_encode(name, &wire) == FAIL_NONE)
		print_astring(out, buf_span(&wire));
	else
		print_astring(out, name);
	buf_fini(&wire);
}

void print_text(struct buf *out, struct span s)
{
	s = span_first(s, TEXT_MAX);
	for (size_t i = 0; i < s.n; i++)
		buf_add_byte(out, s.p[i] >= 0x20 && s.p[i] < 0x7f ? s.p[i] : '?');
}
